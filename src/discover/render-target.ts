import { UpgradeError } from '../errors.js'
import type { Chart } from '../model/chart.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import type { ReleaseName } from '../model/release.js'
import type { Sensitive, Values } from '../model/values.js'
import type { ReadPorts } from '../ports/ports.js'
import { apiVersionsOf } from './read-cluster.js'

export type RenderedTarget = { manifest: string } | { refused: UpgradeError }

export interface RenderWish {
  release: ReleaseName
  chart: Chart
  values: Sensitive<Values>
  cluster: ClusterSnapshot
  withHooks?: boolean
}

/** The target's objects as helm renders them; a chart that does not render is an answer, not an accident. */
export async function renderTarget(
  { release, chart, values, cluster, withHooks = false }: RenderWish,
  { helm }: Pick<ReadPorts, 'helm'>,
): Promise<RenderedTarget> {
  const { servedKinds, kubeVersion } = cluster
  try {
    const manifest = await helm.render({
      releaseName: release.name,
      namespace: release.namespace,
      chart,
      values,
      kubeVersion,
      apiVersions: apiVersionsOf(servedKinds),
      withHooks,
    })
    return { manifest: manifest.reveal() }
  } catch (error) {
    if (error instanceof UpgradeError && error.code === 'RenderFailed') return { refused: error }
    throw error
  }
}
