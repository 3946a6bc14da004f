import { field, type KubeObject } from '../model/kube-object.js'
import { hideUrlPasswords, isSecretKey, secretTexts, textRedactor } from '../model/redaction.js'
import { isMapping, type Values } from '../model/values.js'

const longestSecret = 16 * 1024

/** Every secret that the adapters came across, and the function that hides them all: it grows as they read. */
export class SecretRegistry {
  private readonly texts = new Set<string>()
  private hide: ((text: string) => string) | undefined

  /** A text that must appear in no output. */
  add(...texts: (string | undefined)[]): void {
    for (const text of texts) {
      if (text === undefined || text.length < 4 || this.texts.has(text)) continue
      this.texts.add(text)
      this.hide = undefined
    }
  }

  /** What stands under secret keys of helm values. */
  addValues(values: Values): void {
    this.add(...secretTexts(values))
  }

  /**
   * What a Secret holds. Short texts under harmless names stay: a Secret that holds the name of a
   * namespace must not hide it everywhere. Helm's storage is no secret text but a whole release.
   */
  addSecretObject(object: KubeObject): void {
    if (object.kind !== 'Secret' || /^(helm\.sh|mesh-upgrade\.dev)\//.test(String(object.type))) return
    const data = field(object, 'data')
    if (!isMapping(data)) return
    for (const [key, value] of Object.entries(data)) {
      if (typeof value !== 'string' || value.length > longestSecret) continue
      const text = Buffer.from(value, 'base64').toString('utf8')
      if (isSecretKey(key) || text.length >= 16) this.add(text, value)
    }
  }

  /** The text with every known secret hidden. */
  readonly redact = (text: string): string => {
    this.hide ??= textRedactor([...this.texts])
    return hideUrlPasswords(this.hide(text))
  }
}
