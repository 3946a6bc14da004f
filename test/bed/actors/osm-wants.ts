/**
 * Which kinds osm-controller lists when it starts, where a test says so: it crashes, as the real one does, while the
 * API server does not serve one of them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bed } from '../start.js'
import type { KubeApi } from './kube-api.js'
import type { Fault } from './osm-faults.js'
import type { Program } from './osm-programs.js'

export interface WantedKind {
  /** Name of the CRD. */
  crd: string
  kind: string
  version: string
}

/** Sets what every osm-controller of the bed lists from now on. */
export function setWantedKinds({ dir }: Pick<Bed, 'dir'>, wanted: readonly WantedKind[]): void {
  writeFileSync(fileIn(dir), JSON.stringify(wanted))
}

/** The crash of a controller for which a kind is not served; undefined where all are. */
export async function missingKindFault(
  { dir }: Pick<Bed, 'dir'>,
  api: KubeApi,
  { name, container }: Program,
): Promise<Fault | undefined> {
  if (name !== 'osm-controller' || !existsSync(fileIn(dir))) return undefined
  const wanted = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as WantedKind[]
  const lines: string[] = []
  for (const each of wanted) if (!(await isServed(each, api))) lines.push(logLine(each))
  if (lines.length === 0) return undefined
  return { state: 'crash-loop', container: container.name, log: lines.join('') }
}

async function isServed({ crd, version }: WantedKind, api: KubeApi): Promise<boolean> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`
  const { status, body } = await api.call({ method: 'GET', path, also: [404] })
  if (status === 404) return false
  const { spec } = body as { spec: { versions: { name: string; served: boolean }[] } }
  return spec.versions.some((each) => each.name === version && each.served)
}

/** The guide's own line. */
function logLine({ crd, kind, version }: WantedKind): string {
  return `reflector.go:178] pkg/mod/k8s.io/client-go@v0.18.6/tools/cache/reflector.go:125: Failed to list *${version}.${kind}: the server could not find the requested resource (get ${crd})\n`
}

function fileIn(dir: string): string {
  return join(dir, 'osm-wants.json')
}
