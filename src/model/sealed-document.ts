import { digestOfJson } from './digest.js'
import { isMapping } from './values.js'

const apiVersion = 'mesh-upgrade.dev/v1alpha1'

/** A document of a run's folder, with a digest that tells when it is not what was written. */
export function sealDocument(kind: string, body: unknown): string {
  return `${JSON.stringify({ apiVersion, kind, digest: digestOfJson(body), body })}\n`
}

/** The body of such a document, or what is wrong with it; total, whatever the text. */
export function openDocument(kind: string, text: string): { body: unknown } | { problem: string } {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return { problem: 'is not whole' }
  }
  if (!isMapping(document)) return { problem: 'is no document' }
  if (document.apiVersion !== apiVersion || document.kind !== kind) {
    const found = `${JSON.stringify(document.apiVersion ?? null)} ${JSON.stringify(document.kind ?? null)}`
    return { problem: `is ${found}, which this program does not know here` }
  }
  if (document.digest !== digestOfJson(document.body)) return { problem: 'was changed after it was written' }
  return { body: document.body }
}
