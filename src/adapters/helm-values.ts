import { writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { UpgradeError } from '../errors.js'
import { field } from '../model/kube-object.js'
import { isSecretKey, textRedactor } from '../model/redaction.js'
import { isMapping, type Values } from '../model/values.js'
import type { HelmRunner } from './helm-run.js'
import { helmWords } from './helm-words.js'
import type { TempFolder } from './temp-folder.js'
import { parseYaml } from '../kubernetes-yaml.js'

/** Base64 keeps helm from reading the values as a manifest; `toJson` keeps nulls, which both majors pass on for keys without a default. */
const template = `apiVersion: v1
kind: ConfigMap
metadata:
  name: values
data:
  values: {{ toJson .Values | b64enc }}
`

/** Merges value words as helm does, by rendering a chart without defaults that prints what helm made of them. */
export class ValueMerger {
  private chart: string | undefined
  /** stdin can be read only once. */
  private readonly fromStdin = new Map<string, Promise<Values>>()

  constructor(
    private readonly helm: HelmRunner,
    private readonly temp: TempFolder,
  ) {}

  /** Throws `ValuesInvalid` with helm's own words. */
  async merge(words: readonly string[]): Promise<Values> {
    if (words.length === 0) return {}
    const readsStdin = words.some(
      (word, index) => word === '-' && /^(-f|--values)$/.test(words[index - 1] ?? ''),
    )
    if (!readsStdin) return this.render(words, false)
    const key = JSON.stringify(words)
    const merged = this.fromStdin.get(key) ?? this.render(words, true)
    this.fromStdin.set(key, merged)
    return merged
  }

  private async render(words: readonly string[], inheritStdin: boolean): Promise<Values> {
    const { code, stdout, stderr } = await this.helm.run(
      ['template', 'values', this.scratchChart(), ...words],
      {
        inheritStdin,
      },
    )
    if (code !== 0) throw invalid(words, helmWords(stderr))
    const encoded = field(parseYaml(stdout), 'data', 'values')
    const values: unknown =
      typeof encoded === 'string' ? JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) : undefined
    if (!isMapping(values)) throw invalid(words, 'helm printed no values')
    return values
  }

  private scratchChart(): string {
    if (this.chart === undefined) {
      const folder = this.temp.newFolder('values')
      mkdirSync(join(folder, 'templates'))
      writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: values\nversion: 0.0.0\n')
      writeFileSync(join(folder, 'templates', 'values.yaml'), template)
      this.chart = folder
    }
    return this.chart
  }
}

/** How the words after a flag are to look. */
const forms: Record<string, string> = {
  '--set': ' (key=value,list[0]=value)',
  '--set-string': ' (key=value,list[0]=value)',
  '--set-json': ' (key=JSON)',
  '--set-file': ' (key=path)',
  '--set-literal': ' (key=value)',
}

function invalid(words: readonly string[], why: string): UpgradeError {
  // Files are named; what follows --set may be secret.
  const named = words.flatMap((word, index) => {
    if (index % 2 === 1) return []
    if (!word.startsWith('--set')) return [`the file ${words[index + 1] ?? ''}`]
    return [`what stands after ${word}${forms[word] ?? ''}`]
  })
  const where = [...new Set(named)].join(' and ') || 'the values'
  const hide = textRedactor(words.flatMap(secretsOfWord))
  return new UpgradeError('ValuesInvalid', `merge the values: ${hide(why)}`, { where })
}

/** What a `--set` word may hold that helm repeats when it cannot read it: the texts behind a secret key. */
function secretsOfWord(word: string): string[] {
  const at = word.indexOf('=')
  if (
    at < 0 ||
    !word
      .slice(0, at)
      .split(/[.[\]]/)
      .some(isSecretKey)
  )
    return []
  const value = word.slice(at + 1)
  return [value, ...value.split(/[^\w-]+/)]
}
