import { digestOf } from './digest.js'
import { field, type KubeObject } from './kube-object.js'
import { isMapping, type Json, type Values } from './values.js'

const secretName =
  /(passw(or)?d|secret$|secretkey|token|api[-_]?key|private[-_]?key|primarykey|access[-_]?key|credential|auth$|dockerconfig)/i
const notSecret = /(name|namespace|ref|path|mount|enabled?|file|ttl|duration)$/i
const hidden = '(hidden)'

/** True for a value key whose content is to be hidden: `vault.token`, not `tokenSecretName`. */
export function isSecretKey(key: string): boolean {
  return secretName.test(key) && !notSecret.test(key)
}

/** Display text of a value at a path: strings as they are, the rest as JSON; secrets hidden. */
export function displayValue(path: readonly string[], value: Json): string {
  if (path.some(isSecretKey) && value !== '' && value !== null) return hidden
  return hideUrlPasswords(typeof value === 'string' ? value : JSON.stringify(redactTree(value)))
}

/** Hides the password of every URL in a text: `https://user:(hidden)@host`. */
export function hideUrlPasswords(text: string): string {
  return text.replace(/(\w:\/\/[^/\s:@"']*:)[^/\s@"']+@/g, `$1${hidden}@`)
}

/** Every string in the values that stands under a secret key: what must appear in no output. */
export function secretTexts(values: Values): string[] {
  const texts: string[] = []
  const visit = (value: Json, secret: boolean): void => {
    if (typeof value === 'string' && secret && value.length >= 4) texts.push(value)
    else if (Array.isArray(value)) value.forEach((item) => visit(item, secret))
    else if (isMapping(value)) {
      for (const [key, member] of Object.entries(value)) visit(member, secret || isSecretKey(key))
    }
  }
  visit(values, false)
  return texts
}

/** A copy in which values under secret keys are hidden. */
export function redactTree(value: Json, secret = false): Json {
  if (Array.isArray(value)) return value.map((item) => redactTree(item, secret))
  if (isMapping(value)) {
    const entries = Object.entries(value).map(([key, member]): [string, Json] => [
      key,
      redactTree(member, secret || isSecretKey(key)),
    ])
    return Object.fromEntries(entries)
  }
  return secret && value !== null && value !== '' ? hidden : value
}

/** A Secret without its content: each entry becomes a short digest, so that a change still shows. */
export function redactSecretObject(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object
  const hide = (name: 'data' | 'stringData'): Record<string, unknown> => {
    const entries = field(object, name)
    if (!isMapping(entries)) return {}
    const hiddenEntries = Object.entries(entries).map(([key, value]) => [
      key,
      hiddenText(JSON.stringify(value)),
    ])
    return { [name]: Object.fromEntries(hiddenEntries) as unknown }
  }
  return { ...object, ...hide('data'), ...hide('stringData') }
}

function hiddenText(text: string): string {
  return `(hidden, ${digestOf(text).slice(7, 15)})`
}

/** A function that replaces each of the secrets, longest first, wherever it stands in a text. */
export function textRedactor(secrets: readonly string[]): (text: string) => string {
  const longestFirst = [...new Set(secrets)].filter((secret) => secret.length >= 4)
  longestFirst.sort((left, right) => right.length - left.length)
  return (text) => longestFirst.reduce((current, secret) => current.split(secret).join(hidden), text)
}

/** Hides what a log line or an event shows of credentials: `password=…`, `"token":"…"`, `Bearer …`, `user:…@host`. */
export function hideCredentials(text: string): string {
  return text
    .replace(/\b(Bearer|Basic) [\w.~+/-]{8,}=*/g, `$1 ${hidden}`)
    .replace(/(--[\w-]*(?:passw(?:or)?d|token|secret)[ =])[^\s",]{4,}/gi, `$1${hidden}`)
    .replace(/(:\/\/[^\s/:@]+):[^\s/@]+@/g, `$1:${hidden}@`)
    .replace(
      /((?:passw(?:or)?d|secret|token|api[-_]?key|access[-_]?key|private[-_]?key)"?(?:=|: ?))("?)[^\s",;&]{4,}\2/gi,
      `$1$2${hidden}$2`,
    )
}
