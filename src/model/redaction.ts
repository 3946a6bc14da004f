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
  return hideCredentials(typeof value === 'string' ? value : JSON.stringify(redactTree(value)))
}

/** Hides the password of every URL in a text: `https://user:(hidden)@host`. */
export function hideUrlPasswords(text: string): string {
  return hideMatches(text, [urlPassword])
}

/**
 * Every string in the values that must appear in no output: what stands under a secret key or beside the name of
 * one (`{name: DB_PASSWORD, value: …}`), and what is said to be a credential within a longer text.
 */
export function secretTexts(values: Values): string[] {
  return textsIn(values, isSecretKey)
}

/** As `secretTexts`, for objects of Kubernetes, whose keys are the API's and name no secrets. */
export function credentialTexts(object: KubeObject): string[] {
  return textsIn(object, () => false)
}

function textsIn(tree: unknown, isSecret: (key: string) => boolean): string[] {
  const texts: string[] = []
  const visit = (value: unknown, secret: boolean): void => {
    if (typeof value === 'string') texts.push(...(secret ? [value] : credentialsOf(value)))
    else if (Array.isArray(value)) value.forEach((item) => visit(item, secret))
    else if (isMapping(value)) {
      for (const [key, member] of Object.entries(value))
        visit(member, secret || isSecret(key) || isNamedSecret(value, key))
    }
  }
  visit(tree, false)
  return [...new Set(texts)].filter(({ length }) => length >= 4)
}

/** True of the value in a pair as in the environment of a container. */
function isNamedSecret({ name }: Values, key: string): boolean {
  return key === 'value' && typeof name === 'string' && isSecretKey(name)
}

/** A copy in which values under secret keys are hidden. */
export function redactTree(value: Json, secret = false): Json {
  if (Array.isArray(value)) return value.map((item) => redactTree(item, secret))
  if (isMapping(value)) {
    const entries = Object.entries(value).map(([key, member]): [string, Json] => [
      key,
      redactTree(member, secret || isSecretKey(key) || isNamedSecret(value, key)),
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

const urlPassword = /\w:\/\/[^/\s:@"']*:(?<secret>[^/\s@"']+)@/g

/** What a log line, an event or a value says of credentials; the group is the secret. */
const credentials = [
  /\b(?:Bearer|Basic) (?<secret>[\w.~+/-]{8,}=*)/g,
  /--[\w-]*(?:passw(?:or)?d|token|secret)[ =](?<secret>[^\s",]{4,})/gi,
  urlPassword,
  /(?:passw(?:or)?d|secret|token|api[-_]?key|access[-_]?key|private[-_]?key)"?(?:=|: ?)"?(?<secret>[^\s",;&]{4,})/gi,
]

/** Hides what a text shows of credentials: `password=…`, `"token":"…"`, `Bearer …`, `user:…@host`. */
export function hideCredentials(text: string): string {
  return hideMatches(text, credentials)
}

function hideMatches(text: string, patterns: readonly RegExp[]): string {
  const hide = (match: string, secret: string): string => {
    const at = match.lastIndexOf(secret)
    return match.slice(0, at) + hidden + match.slice(at + secret.length)
  }
  return patterns.reduce((current, pattern) => current.replace(pattern, hide), text)
}

/** Not what may be a word of a sentence, a path or a template: it would be hidden everywhere. */
function credentialsOf(text: string): string[] {
  const found = credentials.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ groups }) => groups?.['secret'] ?? ''),
  )
  return found.filter((secret) => secret.length >= 8 && /\d/.test(secret) && !/^[/$<{]/.test(secret))
}
