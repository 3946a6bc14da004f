/**
 * Every error that ends a command: its code, what the person is told to do, and the exit code
 * (design §2: input or environment that cannot be read is 1, read and refused is 3).
 */

export const exitCodes = {
  done: 0,
  error: 1,
  changesFound: 2,
  refused: 3,
  declined: 4,
  locked: 5,
  stale: 6,
  failedRolledBack: 7,
  failed: 8,
  interrupted: 130,
} as const

interface ErrorKind {
  exitCode: number
  /** What helps; `{…}` is filled from the error's `details`. */
  remedy: string
}

export const errorKinds = {
  ClusterUnreachable: {
    exitCode: exitCodes.error,
    remedy: 'Check the context and the server: {kubectl} get --raw /version',
  },
  KubeconfigUnreadable: {
    exitCode: exitCodes.error,
    remedy: 'Name a readable file: --kubeconfig FILE, or export KUBECONFIG=FILE',
  },
  ContextUnknown: {
    exitCode: exitCodes.error,
    remedy: 'List the contexts: kubectl config get-contexts; choose one with --kube-context NAME',
  },
  ApiFailure: { exitCode: exitCodes.error, remedy: '{remedy}' },
  HelmUnusable: {
    exitCode: exitCodes.error,
    remedy: 'Install helm 3.18 or newer, or helm 4.2 or newer, or name it: export HELM_BIN=/path/to/helm',
  },
  ReleaseAbsent: { exitCode: exitCodes.error, remedy: '{remedy}' },
  ReleaseUndecodable: {
    exitCode: exitCodes.error,
    remedy: 'Look at it with helm: helm status {release} -n {namespace}',
  },
  ReleaseAmbiguous: { exitCode: exitCodes.error, remedy: 'Name one: {choices}' },
  ChartUnreadable: { exitCode: exitCodes.error, remedy: '{remedy}' },
  ChartUnknown: {
    exitCode: exitCodes.error,
    remedy:
      'Name the chart: kubectl mesh-upgrade {release} CHART -n {namespace} (folder, .tgz, repo/name, oci://…)',
  },
  RepositoryUnreadable: {
    exitCode: exitCodes.error,
    remedy: '{remedy}',
  },
  VersionUnknown: {
    exitCode: exitCodes.error,
    remedy: 'Choose one that is there with --to VERSION: {versions}',
  },
  RenderFailed: { exitCode: exitCodes.refused, remedy: 'Render it yourself: {command}' },
  ValuesInvalid: { exitCode: exitCodes.error, remedy: 'Mend {where}, then run the command again' },
  TextUnreadable: { exitCode: exitCodes.error, remedy: 'Check the path or URL: {location}' },
  RunFolderUnwritable: {
    exitCode: exitCodes.error,
    remedy: 'Make room or choose another folder: export XDG_STATE_HOME=/path/with/space',
  },
  BackupDamaged: {
    exitCode: exitCodes.error,
    remedy: 'Check the disk of {folder}, then run the command again',
  },
  RunUnreadable: {
    exitCode: exitCodes.error,
    remedy: 'Put the file back from a copy, or look at the backup beside it: {file}',
  },
  JournalDamaged: {
    exitCode: exitCodes.stale,
    remedy:
      'Look at {folder}; what is in {backup} can be restored without the journal: {program} crds restore {backup}; with the folder moved away, the run is taken from what the cluster keeps of it',
  },
  RunOpen: { exitCode: exitCodes.refused, remedy: '{remedy}' },
  RunAbsent: { exitCode: exitCodes.error, remedy: '{remedy}' },
  RevisionGone: {
    exitCode: exitCodes.refused,
    remedy:
      'See what helm still has: {helm}; the backup has release, values, CRDs and custom resources as they were: {backup}',
  },
  LockHeld: {
    exitCode: exitCodes.locked,
    remedy:
      'Wait for it: {program} status {release} -n {namespace} --wait; only where its holder is gone for good: {program} unlock {release} -n {namespace} --run {run}',
  },
  LockLost: {
    exitCode: exitCodes.failed,
    remedy:
      'See who works on it now: {program} status {release} -n {namespace}; go on when nobody does: {program} resume {release} -n {namespace}',
  },
  LockRefused: { exitCode: exitCodes.error, remedy: '{remedy}' },
  PlanStale: {
    exitCode: exitCodes.stale,
    remedy: 'The cluster moved after the plan was made: plan again, and look at it anew',
  },
  PlanFileInvalid: {
    exitCode: exitCodes.stale,
    remedy: 'Take the file as it was written, or write it again: {program} plan --out FILE',
  },
  OverridesMissing: { exitCode: exitCodes.error, remedy: 'Give them again, by -f FILE or {words}' },
  InClusterRefused: { exitCode: exitCodes.error, remedy: '{remedy}' },
  NoTerminal: {
    exitCode: exitCodes.declined,
    remedy: 'Look at the plan with --dry-run, then say {consents} to go on without being asked',
  },
  HookFailed: {
    exitCode: exitCodes.error,
    remedy:
      'Mend what the hook complains about; a run that has begun goes on without its hooks with resume --hook none',
  },
  StepFailed: { exitCode: exitCodes.failed, remedy: '{remedy}' },
  Usage: { exitCode: exitCodes.error, remedy: 'See --help' },
  NotBuilt: { exitCode: exitCodes.error, remedy: '{remedy}' },
} satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

/** An error for the person at the terminal: what was being done, what went wrong, what helps. */
export class UpgradeError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, string>

  /**
   * @param code one of `errorKinds`
   * @param message what was being done and what went wrong, in the server's or helm's own words
   * @param details fill the `{…}` of the remedy
   */
  constructor(code: ErrorCode, message: string, details: Record<string, string> = {}, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'UpgradeError'
    this.code = code
    this.details = details
  }

  /** The remedy with its blanks filled. */
  get remedy(): string {
    return errorKinds[this.code].remedy.replace(
      /\{(\w+)\}/g,
      (blank, key: string) => this.details[key] ?? blank,
    )
  }

  get exitCode(): number {
    return errorKinds[this.code].exitCode
  }
}

/** What went wrong as one text, for errors of any make. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
