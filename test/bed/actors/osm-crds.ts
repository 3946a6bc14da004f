/** Applies the CRDs of a version of OSM as its image of CRDs does, which is kubectl with a folder. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeKubeconfig } from '../identities.js'
import type { Bed } from '../start.js'

const ourCharts = join(import.meta.dirname, '../../charts/osm')

/** Applies the CRDs of `version` from `<source>/<version>/crds` or `<source>/<version>-crds`. */
export async function applyCrds(bed: Bed, version: string, source = ourCharts): Promise<void> {
  const folders = [join(source, version, 'crds'), join(source, `${version}-crds`)]
  const folder = folders.find((path) => existsSync(path))
  if (!folder) throw new Error(`no CRDs of ${version} in ${source}`)
  const env = { ...process.env, ...bed.env, KUBECONFIG: setupKubeconfig(bed) }
  await promisify(execFile)('kubectl', ['apply', '-f', folder], { env })
}

/** A kubeconfig of the bed's own user: in an audit log the mesh is not to look like the tool under test. */
function setupKubeconfig({ dir, apiServerUrl: url, name }: Bed): string {
  const file = join(dir, 'setup.kubeconfig')
  if (!existsSync(file)) writeKubeconfig(file, { url, pki: join(dir, 'pki'), user: 'setup', name })
  return file
}
