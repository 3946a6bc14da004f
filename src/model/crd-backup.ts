/** What `crds backup` wrote. */
export interface CrdBackup {
  folder: string
  crds: { name: string; customResources: number }[]
  objects: number
  files: number
}

/** What `crds restore` would do, or did. Holds no object's content. */
export interface CrdRestorePlan {
  folder: string
  crds: { name: string; action: 'create' | 'replace' | 'none' }[]
  /** Custom resources of the backup by CRD; `differing` ones are replaced only with --overwrite. */
  resources: { crd: string; total: number; missing: number; differing: number }[]
  overwrite: boolean
  /** Binds the answer to what was shown. */
  digest: string
}

/** How a restore ended. */
export interface CrdRestoreOutcome {
  result: 'restored' | 'nothing-to-do' | 'declined' | 'failed'
  plan: CrdRestorePlan
  crdsPutBack: string[]
  created: number
  replaced: number
  /** Live objects that differ and were left alone. */
  left: number
  elapsedMs: number
  failure?: { message: string; remedy: string }
}
