/** What the `CRD Updates` section of one version's release notes claims. */
export interface ReleaseNotes {
  version: string
  /** `unknown`: the notes could not be read, which is not the same as no changes. */
  crdUpdates: 'listed' | 'none' | 'no-section' | 'unknown'
  /** Paths of the section, as written. */
  files: string[]
  /** Where the notes were read, or why they were not. */
  source: string
  /** Headings and bullets of notable or breaking changes, shortened. */
  notable: string[]
}

/** One version's notes as read; without `text` they could not be, and `source` says why. */
export interface NotesText {
  version: string
  source: string
  text?: string
}
