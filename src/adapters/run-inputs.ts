import type { PlanPayload } from '../model/prepared.js'
import { sensitive, type Values } from '../model/values.js'

type Plain = Omit<PlanPayload, 'release' | 'values' | 'overrides'> & {
  release: Omit<PlanPayload['release'], 'userSuppliedValues' | 'manifest'> & {
    userSuppliedValues: Values
    manifest: string
  }
  values: Values
  overrides: Values
}

/** A payload as plain JSON, its secrets revealed: for a file that its owner alone may read. */
export function plainPayload(payload: PlanPayload): Plain {
  const { release } = payload
  return {
    ...payload,
    release: {
      ...release,
      userSuppliedValues: release.userSuppliedValues.reveal(),
      manifest: release.manifest.reveal(),
    },
    values: payload.values.reveal(),
    overrides: payload.overrides.reveal(),
  }
}

/** The payload of `plainPayload`, its secrets hidden again; `body` comes from a document whose digest was right. */
export function payloadOf(body: unknown): PlanPayload {
  const plain = body as Plain
  const { release } = plain
  return {
    ...plain,
    release: {
      ...release,
      userSuppliedValues: sensitive(release.userSuppliedValues),
      manifest: sensitive(release.manifest),
    },
    values: sensitive(plain.values),
    overrides: sensitive(plain.overrides),
  }
}
