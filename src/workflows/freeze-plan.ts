import type { FrozenChart, FrozenPlan } from '../model/frozen-plan.js'
import type { PreparedUpgrade } from '../model/prepared.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import { frozenRequest } from '../plan/frozen/frozen-request.js'
import { splitSecrets } from '../plan/frozen/secret-overrides.js'
import type { ReadPorts } from '../ports/ports.js'
import { prepareUpgrade } from '../upgrade.js'
import { recordTexts } from './recorded-texts.js'

/** Charts that are larger in all stay outside: the file is to fit into a Secret. */
const mostChartBytes = 900 * 1024

export interface Freezing {
  prepared: PreparedUpgrade
  frozen: FrozenPlan
}

/** Plans as `prepareUpgrade` and gives what a file needs, so that the same can be done later. Changes nothing. */
export async function freezeUpgrade(request: UpgradeRequest, ports: ReadPorts): Promise<Freezing> {
  const { texts, recorded } = recordTexts(ports.texts)
  const prepared = await prepareUpgrade(request, { ...ports, texts })
  const { plan, payloads } = prepared
  const { kept, secretPaths } = splitSecrets(payloads[0]?.overrides.reveal() ?? {}, ports.redact)
  return {
    prepared,
    frozen: {
      plan,
      request: frozenRequest(request, plan, ports.redact),
      overrides: kept,
      asksAgain: secretPaths,
      charts: await frozenCharts(prepared, ports),
      available: payloads[0]?.available ?? [],
      texts: recorded,
    },
  }
}

async function frozenCharts({ payloads }: PreparedUpgrade, ports: ReadPorts): Promise<FrozenChart[]> {
  const packed = await Promise.all(payloads.map(({ chart }) => ports.charts.pack(chart)))
  const bytes = packed.reduce((sum, { length }) => sum + length, 0)
  const isInside = bytes <= mostChartBytes
  if (!isInside) {
    const size = `${Math.ceil(bytes / 1024)} KiB`
    const message = `the charts (${size} packed) do not fit into the plan file, which takes ${mostChartBytes / 1024} KiB: it names them with their digests, and apply fetches them again`
    ports.progress({ type: 'note', message })
  }
  return payloads.map(({ chart }, index) => ({
    ...{ name: chart.name, version: chart.version, digest: chart.contentDigest },
    reference: ports.redact(chart.reference),
    source: redactedSource(chart.source, ports.redact),
    ...(isInside ? { files: packed[index] ?? '' } : {}),
  }))
}

function redactedSource(
  source: FrozenChart['source'],
  redact: (text: string) => string,
): FrozenChart['source'] {
  const texts = Object.entries(source).map(([key, text]: [string, string]) => [key, redact(text)])
  return Object.fromEntries(texts) as FrozenChart['source']
}
