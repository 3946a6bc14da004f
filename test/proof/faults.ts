/**
 * Every fault at every request of an upgrade, of ours and of helm's, whose retries are not ours:
 * `npm run proof -- faults [--every N] [--helm helm4] [--of ours|helm] [--fault NAME]`. Two beds side by side.
 */
import type { ProofRow } from '../proof.js'
import { faults, type Fault } from '../support/fault-proxy.js'
import {
  faultName,
  startFaultBed,
  type FaultBed,
  type FaultCase,
  type FaultOutcome,
  type FaultResult,
} from '../support/fault-runs.js'

const allFaults: Fault[] = [...faults, { downForMs: 3000 }]
const beds = 2

/** Runs all cases and tells each as a row; a table of fault × outcome comes at the end. */
export async function faultMatrix(say: (row: ProofRow) => void, words: readonly string[]): Promise<void> {
  const option = (name: string, otherwise: string): string => {
    const at = words.indexOf(name)
    return at < 0 ? otherwise : (words[at + 1] ?? otherwise)
  }
  const helm = option('--helm', 'helm3')
  const started = await Promise.all(Array.from({ length: beds }, () => startFaultBed(helm)))
  try {
    const [of, only] = [option('--of', 'both'), option('--fault', 'all')]
    const cases = (await casesOf(started[0]))
      .filter(({ program }) => of === 'both' || of === program)
      .filter(({ fault }) => only === 'all' || only === faultName(fault))
      .filter((_, index) => index % Number(option('--every', '1')) === 0)
    process.stdout.write(`${cases.length} cases\n`)
    const results: FaultResult[] = []
    const worker = async (bed: FaultBed): Promise<void> => {
      for (let next = cases.shift(); next; next = cases.shift()) {
        const result = await bed.run(next)
        results.push(result)
        if (result.outcome !== 'missed') say(rowOf(result))
      }
    }
    await Promise.all(started.map(worker))
    process.stdout.write(table(results))
  } finally {
    for (const bed of started) await bed.stop()
  }
}

async function casesOf(bed: FaultBed | undefined): Promise<FaultCase[]> {
  const requests = (await bed?.count()) ?? []
  const countOf = (program: string): number => requests.filter((each) => each.program === program).length
  const [ours, helms] = [countOf('ours'), countOf('helm')]
  process.stdout.write(
    `${ours} requests of ours, ${helms} of helm, ${requests.length - ours - helms} others\n`,
  )
  return allFaults.flatMap((fault) => [
    ...numbers(ours).map((nth) => ({ program: 'ours' as const, nth, fault })),
    ...numbers(helms).map((nth) => ({ program: 'helm' as const, nth, fault })),
  ])
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

function rowOf({ case: { program, nth, fault }, ...result }: FaultResult): ProofRow {
  const { request, outcome, exitCode, seconds, complaints, output } = result
  const at = request ? `${request.method} ${request.path.split('?')[0] ?? ''}` : ''
  const passed = outcome !== 'wrong'
  const details = `${outcome}, exit ${String(exitCode)}, ${seconds.toFixed(1)} s ${complaints.join('; ')}`
  return {
    name: `${faultName(fault)} at ${program} ${nth}: ${at}`,
    passed,
    details: passed ? details : `${details}\n${output}`,
  }
}

function table(results: readonly FaultResult[]): string {
  const outcomes: FaultOutcome[] = ['succeeded', 'stated', 'wrong', 'missed']
  const lines = (['ours', 'helm'] as const).flatMap((program) =>
    allFaults.map((fault) => {
      const own = results.filter(
        (each) => each.case.program === program && faultName(each.case.fault) === faultName(fault),
      )
      const counts = outcomes.map((outcome) => own.filter((each) => each.outcome === outcome).length)
      return [
        `${program} ${faultName(fault)}`.padEnd(20),
        ...counts.map((count) => String(count).padStart(10)),
      ].join('')
    }),
  )
  const head = [''.padEnd(20), ...outcomes.map((outcome) => outcome.padStart(10))].join('')
  return `\n${[head, ...lines].join('\n')}\n\n`
}
