import CrdsBackup from '../../src/commands/crds/backup.js'
import CrdsDiff from '../../src/commands/crds/diff.js'
import CrdsRestore from '../../src/commands/crds/restore.js'
import Apply from '../../src/commands/apply.js'
import HistoryPrune from '../../src/commands/history/prune.js'
import History from '../../src/commands/history.js'
import Restart from '../../src/commands/restart.js'
import Resume from '../../src/commands/resume.js'
import Rollback from '../../src/commands/rollback.js'
import Explain from '../../src/commands/explain.js'
import Plan from '../../src/commands/plan.js'
import Status from '../../src/commands/status.js'
import Troubleshoot from '../../src/commands/troubleshoot.js'
import Unlock from '../../src/commands/unlock.js'
import Upgrade from '../../src/commands/upgrade.js'
import UpgradeCheck from '../../src/commands/upgrade-check.js'
import Values from '../../src/commands/values.js'
import Verify from '../../src/commands/verify.js'
import type { Manifest, ManifestCommand } from '../../src/cli/manifest.js'

const classes = {
  'crds:backup': CrdsBackup,
  'crds:diff': CrdsDiff,
  'crds:restore': CrdsRestore,
  apply: Apply,
  'history:prune': HistoryPrune,
  history: History,
  restart: Restart,
  resume: Resume,
  rollback: Rollback,
  explain: Explain,
  plan: Plan,
  status: Status,
  troubleshoot: Troubleshoot,
  unlock: Unlock,
  upgrade: Upgrade,
  'upgrade-check': UpgradeCheck,
  values: Values,
  verify: Verify,
}

function commandOf(id: string, command: (typeof classes)[keyof typeof classes]): ManifestCommand {
  const named = <T extends object>(items: Record<string, T>): Record<string, T & { name: string }> =>
    Object.fromEntries(Object.entries(items).map(([name, item]) => [name, { ...item, name }]))
  const { summary, examples, hidden, description } = command
  const flags = named(command.flags) as unknown as ManifestCommand['flags']
  const args = named(command.args as Record<string, object>) as unknown as ManifestCommand['args']
  return { id, flags, args, summary, examples, hidden, description } as ManifestCommand
}

/** The real commands, as the manifest has them. */
export const manifest: Manifest = {
  version: '1.2.3',
  commands: Object.fromEntries(Object.entries(classes).map(([id, command]) => [id, commandOf(id, command)])),
}

export const commands = manifest.commands
