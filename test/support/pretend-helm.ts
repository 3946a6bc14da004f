/** A shell script in helm's place, for what no helm does at will: hang, flood, ignore signals, outlive us. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HelmRunner } from '../../src/adapters/helm-run.js'
import { helmWriter } from '../../src/adapters/helm-writer.js'
import type { HelmUpgradeRequest, HelmWriter } from '../../src/ports/helm.js'

export interface Pretender {
  binary: string
  writer: HelmWriter
  request: HelmUpgradeRequest
}

/** A helm that says its version and otherwise does what the script says; with a log folder of its own. */
export function pretender(script: string, graceMs = 5_000): Pretender {
  const logFolder = mkdtempSync(join(tmpdir(), 'pretend-helm-'))
  const binary = join(logFolder, 'helm')
  writeFileSync(binary, `#!/bin/sh\n[ "$1" = version ] && { echo v3.22.0; exit; }\n${script}\n`)
  chmodSync(binary, 0o755)
  const request = {
    ...{ releaseName: 'osm', namespace: 'osm-system', chartPath: '/charts/osm', chartVersion: '1.0.0' },
    ...{ valuesFile: '/values.yaml', timeoutMs: 60_000, extraArguments: [], logFolder },
  }
  return { binary, writer: writerOf(binary, process.env, graceMs), request }
}

/** Ours, around any helm. */
export function writerOf(binary: string, env: NodeJS.ProcessEnv, graceMs = 5_000): HelmWriter {
  const runner = new HelmRunner({ binary, env, kube: {}, kubeContext: '' })
  return helmWriter(runner, (text) => text, graceMs)
}
