/** What may be typed after `npm run bed --`. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { actorNames, type SupervisorOptions } from './supervisor.js'

export type Command =
  | { type: 'help' | 'build' | 'list' }
  | { type: 'up'; options: SupervisorOptions }
  | { type: 'down'; name: string | undefined }
  | { type: 'save'; name: string; state: string }

export const usage = `npm run bed -- COMMAND: throw-away Kubernetes control planes (real ones, with nodes and pods played by KWOK)

  up [--name N] [--nodes N] [--cpu Q] [--memory Q] [--audit] [--actor osm]
        start a bed in the background and print shell lines to evaluate:
            eval "$(npm run -s bed -- up)"
        a bed of that name that runs already is left as it is, and its lines are printed
  down [--name N | --all]
        stop a bed and remove everything of it
  list  name, supervisor's pid, API server, since when, actor, folder
  save [--name N] STATE
        keep what a running bed holds; STATE is a file (with a slash, or .tgz) or a name in the user's cache
  restore [--name N] [--audit] [--actor osm] STATE
        like up, with the nodes and objects that were saved
  build build the programs only: once, about 10 minutes; needs Go

  --name    default unless given
  --nodes   how many nodes, 3 unless given; --cpu and --memory are of each, 4 and 8Gi unless given
  --audit   write every request to $BED_DIR/audit.log
  --actor   who plays what a mesh does at run time: ${actorNames.join(', ')}

Environment: MESH_UPGRADE_BED_BIN  a folder with kube-apiserver, kube-controller-manager, kube-scheduler, kubectl,
                                   helm3, helm4, kwok and etcd to use instead of building them
             XDG_CACHE_HOME        where built programs and saved states are kept
`

const flags = {
  name: { type: 'string' },
  nodes: { type: 'string' },
  cpu: { type: 'string' },
  memory: { type: 'string' },
  audit: { type: 'boolean' },
  actor: { type: 'string' },
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options']

type Flag = keyof typeof flags
type Values = ReturnType<typeof parse>['values']

const allowed: Record<string, Flag[]> = {
  up: ['name', 'nodes', 'cpu', 'memory', 'audit', 'actor'],
  restore: ['name', 'audit', 'actor'],
  down: ['name', 'all'],
  save: ['name'],
  list: [],
  build: [],
  help: [],
}

/** Reads the arguments; throws one clear line when they make no sense. */
export function parseCommand(args: string[]): Command {
  const { values, positionals } = parse(args)
  const [word = '', ...operands] = positionals
  if (values.help || word === 'help') return { type: 'help' }
  const known = allowed[word]
  if (!known) throw new Error(`${word ? `unknown command ${word}` : 'no command'}: see npm run bed -- --help`)
  const misplaced = (Object.keys(values) as Flag[]).find((flag) => !known.includes(flag))
  if (misplaced) throw new Error(`${word} takes no --${misplaced}: see npm run bed -- --help`)
  const wanted = word === 'save' || word === 'restore' ? 1 : 0
  if (operands.length !== wanted) throw new Error(`${word} takes ${wanted ? 'one STATE' : 'no argument'}`)
  return assemble(word, values, operands[0] ?? '')
}

function assemble(word: string, values: Values, state: string): Command {
  const name = checkName(values.name ?? 'default')
  switch (word) {
    case 'up':
      return { type: 'up', options: upOptions(name, values) }
    case 'restore':
      return { type: 'up', options: { ...upOptions(name, values), restoreFrom: state } }
    case 'down':
      if (values.all && values.name) throw new Error('down takes --name or --all, not both')
      return { type: 'down', name: values.all ? undefined : name }
    case 'save':
      return { type: 'save', name, state }
    default:
      return { type: word as 'build' | 'list' }
  }
}

function upOptions(name: string, { nodes, cpu, memory, audit = false, actor }: Values): SupervisorOptions {
  if (nodes !== undefined && !/^[1-9]\d{0,2}$/.test(nodes))
    throw new Error(`--nodes is no number from 1 to 999: ${nodes}`)
  if (actor !== undefined && !actorNames.includes(actor)) throw new Error(`there is no actor ${actor}`)
  return {
    name,
    audit,
    ...(nodes && { nodes: Number(nodes) }),
    ...(cpu && { cpu: checkQuantity('cpu', cpu) }),
    ...(memory && { memory: checkQuantity('memory', memory) }),
    ...(actor && { actor }),
  }
}

function checkName(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) throw new Error(`a name is of a-z, 0-9 and -: ${name}`)
  return name
}

function checkQuantity(flag: string, text: string): string {
  if (!/^\d+(\.\d+)?(m|[kMGT]i?)?$/.test(text))
    throw new Error(`--${flag} is no Kubernetes quantity: ${text}`)
  return text
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags, allowPositionals: true, strict: true })
  } catch (error) {
    // node goes on to explain how to escape a dash.
    throw new Error((error as Error).message.split('. ')[0], { cause: error })
  }
}
