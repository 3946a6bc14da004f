/** The user's answer, bound to what was shown. */
export interface Consent {
  planDigest: string
  how: 'prompt' | 'flag'
  accepted: string[]
  /** RFC 3339. */
  at: string
}
