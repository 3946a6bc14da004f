import { gzipSync } from 'node:zlib'
import { UpgradeError } from '../errors.js'
import { sealFrozenPlan, type FrozenPlan } from '../model/frozen-plan.js'
import { planFileOfJob, type JobFiles, type JobWish } from '../model/in-cluster.js'
import type { Values } from '../model/values.js'
import type { ReadWords } from './words.js'

/** What was finished an hour ago has been looked at. */
const ttlSeconds = 3600

/** How the words want a plan to run inside the cluster. Throws `Usage`. */
export function jobWish({ flags }: ReadWords, env: Record<string, string | undefined>): JobWish {
  const text = (name: string): string | undefined => {
    const value = flags[name]
    return typeof value === 'string' ? value : undefined
  }
  const image = text('image')
  if (image === undefined)
    throw new UpgradeError('Usage', '--in-cluster needs --image IMAGE: what the Job runs')
  const [namespace, serviceAccount] = [text('namespace-of-job'), text('service-account')]
  const accepted = Array.isArray(flags.accept) ? flags.accept : []
  const notified = Array.isArray(flags.notify) ? flags.notify : []
  return {
    ...{ image, ttlSeconds },
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    ...(env.HELM_DRIVER ? { helmDriver: env.HELM_DRIVER } : {}),
    words: [
      ...accepted.flatMap((id) => ['--accept', id]),
      ...notified.flatMap((target) => ['--notify', target]),
    ],
  }
}

/** Files of the Job: the plan, and what it asks for again. */
export function jobFiles(frozen: FrozenPlan, given: Values): JobFiles {
  const values = Object.keys(given).length === 0 ? {} : { 'values.json': base64(JSON.stringify(given)) }
  return { [planFileOfJob]: base64(gzipSync(sealFrozenPlan(frozen))), ...values }
}

function base64(content: string | Buffer): string {
  return Buffer.from(content).toString('base64')
}
