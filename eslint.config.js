// Lint holds sizes, types and the import table of docs/architecture.md; each boundary says why.
import { readdirSync } from 'node:fs'
import tseslint from 'typescript-eslint'

const io = ['node:*', 'fs', 'fs/*', 'child_process', 'os', 'net', 'http', 'https', 'readline']
const kubeClient = ['@kubernetes/client-node', '@kubernetes/client-node/**']
const terminal = ['chalk', '@oclif/*']
const stages = ['discover', 'plan', 'consent', 'execute', 'verify', 'troubleshoot']
const stagesWithIo = stages.filter((stage) => stage !== 'plan')

const folder = (...names) => names.flatMap((name) => [`**/${name}/*`, `**/${name}/**`])
const entry = ['**/upgrade.js', '**/inspect.js', '**/workflows/*']

/** One block a folder: a later `no-restricted-imports` for the same file replaces an earlier one. */
function forbid(files, groups, ignores = []) {
  const patterns = groups.map(([group, message, options]) => ({ group, message, ...options }))
  return { files, ignores, rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] } }
}

const pureMessage = 'Pure folder: take data in, give data out; what is read is passed in.'
const noShell = [folder('cli', 'commands'), 'Only bin/ knows the commands; move what is shared into model/.']
const noEntry = [entry, 'upgrade.ts and inspect.ts call the stages, not the other way round.']
const noClient = [kubeClient, 'Only src/adapters/kubeconfig.ts knows the Kubernetes client; use src/ports.']
const noTerminal = [
  terminal,
  'Only src/report/theme.ts knows colours, and only src/cli and src/commands know oclif.',
]

function pureFolder(name, allowed) {
  const every = ['meshes', 'ports', 'adapters', 'report', 'diagnose', ...stages]
  const others = every.filter((other) => other !== name && !allowed.includes(other))
  return forbid(
    [`src/${name}/**`],
    [
      [io, pureMessage],
      [kubeClient, pureMessage],
      noTerminal,
      [
        folder(...others),
        `src/${name} may import ${['model', ...allowed].join(', ')} and itself; see the import table.`,
      ],
      noShell,
      noEntry,
    ],
  )
}

function stage(name) {
  const others = stages.filter((other) => other !== name)
  return forbid(
    [`src/${name}/**`],
    [
      [io, 'Stages reach the outside through src/ports only.'],
      [
        ['js-yaml', 'diff', 'semver'],
        'Stages use no libraries: pure work belongs to plan/, meshes/ or diagnose/.',
      ],
      noClient,
      noTerminal,
      [
        folder(...others),
        'Stages never import each other: they meet in upgrade.ts and pass what is in src/model.',
      ],
      [folder('adapters', 'report'), 'Stages know ports, not adapters or rendering.'],
      noShell,
      noEntry,
    ],
  )
}

/** The one adapter that may import the Kubernetes client. */
const kubeClientFile = 'src/adapters/kubeconfig.ts'

const adapters = [
  [
    folder('meshes', 'report', 'diagnose', ...stages),
    'Adapters know ports and model; deciding is not theirs.',
  ],
  noTerminal,
  noShell,
  noEntry,
]

const boundaries = [
  forbid(
    ['src/model/**', 'src/ports/**'],
    [
      [io, pureMessage],
      [[...kubeClient, ...terminal, 'js-yaml', 'diff', 'semver'], 'model and ports use no libraries.'],
      [
        folder('meshes', 'adapters', 'report', 'diagnose', ...stages),
        'model and ports are what all others speak: they import model only.',
      ],
      noShell,
      noEntry,
    ],
    ['src/model/digest.ts'],
  ),
  forbid(
    ['src/model/digest.ts'],
    [[['node:*', '!node:crypto'], 'Digests need node:crypto and nothing else.']],
  ),
  pureFolder('meshes', []),
  pureFolder('plan', ['meshes']),
  pureFolder('diagnose', ['meshes', 'plan']),
  pureFolder('report', ['meshes', 'plan', 'diagnose']),
  forbid(['src/report/theme.ts'], [[['*', '!chalk'], 'theme.ts knows chalk and nothing else.']]),
  ...stagesWithIo.map(stage),
  forbid(['src/adapters/**'], [...adapters, [...noClient, { allowTypeImports: true }]], [kubeClientFile]),
  forbid([kubeClientFile], adapters),
  forbid(
    ['src/cli/**', 'src/commands/**'],
    [
      [
        folder('meshes', ...stages, 'diagnose'),
        'Commands parse, call upgrade.ts or inspect.ts, report and exit.',
      ],
      [['node:child_process', 'child_process'], 'Only src/adapters starts other programs.'],
      [
        ['**/adapters/*', '!**/adapters/connect.js'],
        'Commands are given ports by src/adapters/connect.ts and know no other adapter.',
      ],
      noClient,
      [['chalk'], 'Only src/report/theme.ts knows colours.'],
    ],
  ),
  forbid(
    ['src/upgrade.ts', 'src/inspect.ts', 'src/errors.ts', 'src/workflows/**'],
    [
      [io, 'These pages are only the order of the work: the outside is reached through ports.'],
      [folder('adapters', 'report'), 'These pages know ports, not adapters or rendering.'],
      noShell,
      noClient,
      noTerminal,
    ],
  ),
]

/** Pure folders know no clock, randomness, console or process, so that the same data gives the same result. */
const purity = {
  files: ['src/{model,ports,meshes,plan,diagnose,report}/**'],
  rules: {
    'no-restricted-globals': [
      'error',
      ...[
        'process',
        'console',
        'fetch',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'performance',
        'crypto',
      ].map((name) => ({ name, message: pureMessage })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'Pure folder: pass the time in.' },
      { object: 'Math', property: 'random', message: 'Pure folder: pass ids and randomness in.' },
    ],
    'no-restricted-syntax': [
      'error',
      {
        selector: "NewExpression[callee.name='Date'][arguments.length=0]",
        message: 'Pure folder: pass the time in.',
      },
    ],
  },
}

/** Stages take time and ids from ports.clock, so that tests own them. */
const clocks = {
  files: [`src/{${stagesWithIo.join(',')},workflows}/**`, 'src/upgrade.ts', 'src/inspect.ts'],
  rules: {
    'no-restricted-globals': [
      'error',
      ...['process', 'console', 'fetch', 'setTimeout', 'setInterval'].map((name) => ({
        name,
        message: 'Stages reach the outside through src/ports only.',
      })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'Use ports.clock.now().' },
      { object: 'Math', property: 'random', message: 'Use ports.clock.newRunId().' },
    ],
  },
}

const sizes = {
  files: ['src/**', 'test/**', 'bench/**'],
  rules: {
    complexity: ['error', 12],
    'max-params': ['error', 4],
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true, IIFEs: true }],
  },
}

const code = {
  rules: {
    eqeqeq: 'error',
    'no-param-reassign': 'error',
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/explicit-module-boundary-types': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    // Rest siblings leave members out of a copy; a leading _ says that a name is not used on purpose.
    '@typescript-eslint/no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
    ],
    // A const enum names character codes, which are numbers.
    '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    // Ports give promises even where an implementation has nothing to wait for.
    '@typescript-eslint/require-await': 'off',
    'no-restricted-exports': [
      'error',
      { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true } },
    ],
  },
}

const exceptions = [
  // oclif finds commands by their default export.
  { files: ['src/commands/**'], rules: { 'no-restricted-exports': 'off' } },
  // A suite is one long function of short tests; chains of assertions are expressions.
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
]

const hasFiles = (name) => {
  try {
    return readdirSync(new URL(name, import.meta.url)).length > 0
  } catch {
    return false
  }
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test/charts/**/*.yaml', 'test/bed/tools/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', ...(hasFiles('bench') ? ['bench/**/*.ts'] : [])],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    ...code,
  },
  sizes,
  ...boundaries,
  purity,
  clocks,
  ...exceptions,
)
