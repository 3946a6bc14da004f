/** How a plan is to run inside the cluster. */
export interface JobWish {
  image: string
  /** That of the release where it is left out. */
  namespace?: string
  /** Made where it is left out. */
  serviceAccount?: string
  /** How long the finished Job stays, and with it the Secret. */
  ttlSeconds: number
  /** Words for `apply` besides: `--accept ID`. */
  words: readonly string[]
  /** Where helm keeps releases, where that is not a Secret. */
  helmDriver?: string
}

/** What is put into the Secret: the files of the run, base64. */
export type JobFiles = Record<string, string>

export const planFileOfJob = 'plan.json.gz'
export const jobContainer = 'mesh-upgrade'
