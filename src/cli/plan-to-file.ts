import type { UpgradePlan } from '../model/plan.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import type { ReadPorts } from '../ports/ports.js'
import { prepareUpgrade } from '../upgrade.js'
import { freezeUpgrade } from '../workflows/freeze-plan.js'
import { writePlanFile } from './plan-file.js'
import type { ReadWords } from './words.js'

/** Plans, and with `--out` keeps the plan in a file; a blocked one would be of no use there. */
export async function planMaybeToFile(
  request: UpgradeRequest,
  ports: ReadPorts,
  { words, tell }: { words: ReadWords; tell: (text: string) => void },
): Promise<UpgradePlan> {
  const file = words.flags.out
  if (typeof file !== 'string') return (await prepareUpgrade(request, ports)).plan
  const { prepared, frozen } = await freezeUpgrade(request, ports)
  const { plan } = prepared
  if (plan.verdict === 'blocked') {
    tell(`the plan is blocked: ${file} is not written`)
    return plan
  }
  await writePlanFile(file, frozen)
  const { asksAgain } = frozen
  const secrets =
    asksAgain.length > 0 ? `; it holds no secrets: apply asks again for ${asksAgain.join(', ')}` : ''
  tell(`the plan is kept in ${file}; execute it with {program} apply ${file}${secrets}`)
  return plan
}
