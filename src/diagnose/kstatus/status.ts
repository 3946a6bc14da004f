import type { ObjectStatus } from '../../model/rollout.js'

/** Judges one kind of object, after what holds for all kinds. Total: any object gives a status. */
export type KindRule = (object: unknown) => ObjectStatus

/** Done. */
export function current(message: string): ObjectStatus {
  return { status: 'Current', message }
}

/** On its way. */
export function inProgress(message: string): ObjectStatus {
  return { status: 'InProgress', message }
}

/** It will not come about by waiting alone. */
export function failed(message: string): ObjectStatus {
  return { status: 'Failed', message }
}
