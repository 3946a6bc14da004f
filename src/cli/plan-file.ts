import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { messageOf, UpgradeError } from '../errors.js'
import { parseFrozenPlan, planFileInvalid, sealFrozenPlan, type FrozenPlan } from '../model/frozen-plan.js'
import { writePrivateFile } from './private-file.js'

const largestFile = 64 * 1024 * 1024

/** Writes a frozen plan for its owner alone. */
export function writePlanFile(file: string, frozen: FrozenPlan): Promise<void> {
  return writePrivateFile(file, sealFrozenPlan(frozen))
}

/** Reads a frozen plan, also a gzipped one. Throws `TextUnreadable` and `PlanFileInvalid`. */
export async function readPlanFile(file: string): Promise<FrozenPlan> {
  const content = await readFile(file).catch((error: unknown) => {
    throw new UpgradeError('TextUnreadable', `read the plan ${file}: ${messageOf(error)}`, { location: file })
  })
  return parseFrozenPlan(textOf(content, file), file)
}

function textOf(content: Buffer, file: string): string {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content.toString('utf8')
  try {
    return gunzipSync(content, { maxOutputLength: largestFile }).toString('utf8')
  } catch {
    throw planFileInvalid(file, 'is not whole')
  }
}
