import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the import and purity rules say of a snippet, were it in that file. */
async function complaints(file: string, code: string): Promise<string[]> {
  // Types are of no use to these rules, and a file that does not exist has none.
  const override = { languageOptions: { parserOptions: { projectService: false } }, rules: {} }
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: override,
    ruleFilter: ({ ruleId }) => ruleId.includes('no-restricted'),
  })
  const [result] = await eslint.lintText(code, { filePath: join(root, file) })
  return (result?.messages ?? []).map(({ message, ruleId }) =>
    ruleId === null ? `broken: ${message}` : message,
  )
}

const forbidden: [file: string, code: string, why: RegExp][] = [
  ['src/model/x.ts', "import { readFile } from 'node:fs/promises'", /Pure folder/],
  ['src/model/x.ts', "import { planValues } from '../plan/values/plan-values.js'", /import model only/],
  ['src/model/x.ts', "import { load } from 'js-yaml'", /no libraries/],
  ['src/model/digest.ts', "import { readFileSync } from 'node:fs'", /node:crypto/],
  ['src/ports/x.ts', "import { osm } from '../meshes/osm/osm.js'", /import model only/],
  ['src/plan/x.ts', "import { spawn } from 'node:child_process'", /Pure folder/],
  ['src/plan/x.ts', "import type { HelmReader } from '../ports/helm.js'", /import table/],
  ['src/plan/checks/x.ts', "import { findRelease } from '../../discover/find-release.js'", /import table/],
  ['src/plan/x.ts', "import chalk from 'chalk'", /theme\.ts/],
  ['src/plan/x.ts', "import { KubeConfig } from '@kubernetes/client-node'", /Pure folder/],
  ['src/plan/x.ts', 'export const now = Date.now()', /pass the time in/],
  ['src/plan/x.ts', 'export const now = new Date()', /pass the time in/],
  ['src/plan/x.ts', 'export const id = Math.random()', /randomness/],
  ['src/plan/x.ts', 'console.log(1)', /Pure folder/],
  ['src/plan/x.ts', 'export const { env } = process', /Pure folder/],
  ['src/meshes/osm/x.ts', "import { planSteps } from '../../plan/steps.js'", /import table/],
  ['src/diagnose/x.ts', "import { waitRollout } from '../execute/steps/wait-rollout.js'", /import table/],
  ['src/report/x.ts', "import chalk from 'chalk'", /theme\.ts/],
  ['src/report/x.ts', "import type { ReadPorts } from '../ports/ports.js'", /import table/],
  ['src/report/x.ts', 'process.stdout.write("")', /Pure folder/],
  ['src/discover/x.ts', "import { takeLock } from '../execute/lock.js'", /meet in upgrade\.ts/],
  ['src/discover/x.ts', "import { planSteps } from '../plan/steps.js'", /meet in upgrade\.ts/],
  ['src/execute/steps/x.ts', "import { readFile } from 'node:fs/promises'", /src\/ports only/],
  ['src/execute/x.ts', "import { connectForUpgrade } from '../adapters/connect.js'", /not adapters/],
  ['src/execute/x.ts', 'export const now = Date.now()', /ports\.clock/],
  ['src/verify/x.ts', "import { formatPlan } from '../report/plan.js'", /not adapters or rendering/],
  ['src/verify/x.ts', "import { prepareUpgrade } from '../upgrade.js'", /not the other way round/],
  ['src/adapters/x.ts', "import { KubeConfig } from '@kubernetes/client-node'", /Kubernetes client/],
  ['src/report/theme.ts', "import { platform } from 'node:os'", /theme\.ts knows chalk/],
  ['src/adapters/kubeconfig.ts', "import { Command } from '@oclif/core'", /theme\.ts/],
  ['src/adapters/x.ts', "import { osm } from '../meshes/osm/osm.js'", /Adapters know ports/],
  ['src/adapters/x.ts', "import { Command } from '@oclif/core'", /theme\.ts/],
  ['src/cli/x.ts', "import { execFile } from 'node:child_process'", /src\/adapters/],
  ['src/cli/x.ts', "import { helmCli } from '../adapters/helm-cli.js'", /connect\.ts/],
  ['src/commands/x.ts', "import { findRelease } from '../discover/find-release.js'", /Commands parse/],
  ['src/commands/x.ts', "import chalk from 'chalk'", /theme\.ts/],
  ['src/upgrade.ts', "import { connectForUpgrade } from './adapters/connect.js'", /know ports/],
  ['src/upgrade.ts', "import Plan from './commands/plan.js'", /Only bin/],
  ['src/cli/x.ts', 'export default 1', /default/],
]

const allowed: [file: string, code: string][] = [
  ['src/model/digest.ts', "import { createHash } from 'node:crypto'"],
  ['src/plan/x.ts', "import { load } from 'js-yaml'\nimport { osm } from '../meshes/osm/osm.js'"],
  ['src/plan/x.ts', "export const then = new Date('2026-01-01T00:00:00Z')"],
  ['src/report/theme.ts', "import { Chalk } from 'chalk'"],
  ['src/execute/x.ts', "import type { WritePorts } from '../ports/ports.js'"],
  ['src/execute/x.ts', "import { workloadStatus } from '../diagnose/workload-status.js'"],
  ['src/adapters/helm-cli.ts', "import { spawn } from 'node:child_process'"],
  ['src/adapters/kubeconfig.ts', "import { KubeConfig } from '@kubernetes/client-node'"],
  ['src/adapters/x.ts', "import type { KubeConfig } from '@kubernetes/client-node'"],
  ['src/commands/x.ts', "import { connectForReading } from '../adapters/connect.js'\nexport default 1"],
  ['src/upgrade.ts', "import { takeLock } from './execute/lock.js'"],
]

/** A registry and the folder whose files it lists; what several files share belongs elsewhere. */
const registries: [registry: string, shared: string[]][] = [
  ['src/plan/checks/registry.ts', ['check.ts']],
  ['src/plan/crds/rules/registry.ts', []],
  ['src/verify/checks/registry.ts', []],
  ['src/execute/steps/registry.ts', []],
  ['src/diagnose/rules/registry.ts', []],
]

describe('architecture', function () {
  this.timeout(60_000)

  for (const [file, code, why] of forbidden) {
    it(`${file} may not: ${code}`, async () => {
      const found = await complaints(file, code)
      assert.ok(
        found.some((message) => why.test(message)),
        `expected ${String(why)} among: ${found.join(' | ') || 'nothing'}`,
      )
    })
  }

  for (const [file, code] of allowed) {
    it(`${file} may: ${code}`, async () => {
      assert.deepEqual(await complaints(file, code), [])
    })
  }

  for (const [registry, shared] of registries) {
    it(`${registry} lists every file in its folder`, () => {
      const folder = join(root, registry, '..')
      const text = readFileSync(join(root, registry), 'utf8')
      const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'registry.ts')
      const missing = files.filter(
        (file) => !shared.includes(file) && !text.includes(`/${file.replace('.ts', '.js')}'`),
      )
      assert.deepEqual(missing, [])
    })
  }

  it('src/meshes/registry.ts lists every mesh folder', () => {
    const text = readFileSync(join(root, 'src/meshes/registry.ts'), 'utf8')
    const folders = readdirSync(join(root, 'src/meshes'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    const missing = folders.filter(({ name }) => !text.includes(`'./${name}/`))
    assert.deepEqual(missing, [])
  })

  it('no file but the mesh folders and their registry asks which mesh it is', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const asking = files.filter((file) => {
      if (!file.endsWith('.ts') || file.startsWith('meshes')) return false
      return /(?:mesh|profile)(?:\.id)? ===? '(?:osm|istio|linkerd|consul|kuma|cilium)'/.test(
        readFileSync(join(root, 'src', file), 'utf8'),
      )
    })
    assert.deepEqual(asking, [])
  })

  it('the helm plugin has the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const plugin = readFileSync(join(root, 'plugin.yaml'), 'utf8')
    assert.match(plugin, new RegExp(`^version: ${version.replaceAll('.', '\\.')}$`, 'm'))
  })

  it('the package has no runtime dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies?: object }
    assert.deepEqual(manifest.dependencies ?? {}, {})
  })
})
