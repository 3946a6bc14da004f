import { dump } from 'js-yaml'
import { planApiVersion } from '../model/plan.js'

/** A model as a document of its own: `apiVersion` and `kind` first. */
export function documentOf(kind: string, content: object): object {
  return { apiVersion: planApiVersion, kind, ...content }
}

/** One JSON or YAML document, with a final line end. */
export function formatDocument(document: object, form: 'json' | 'yaml'): string {
  const json = JSON.stringify(document, null, 2)
  // By way of JSON: what is hidden stays hidden, and undefined members are left out.
  return form === 'json' ? `${json}\n` : dump(JSON.parse(json), { lineWidth: -1, noRefs: true })
}
