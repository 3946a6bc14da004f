#!/usr/bin/env node
/**
 * Builds dist/: the launcher and one entry per command, with every library bundled in, so that the
 * installed package has no dependencies; then writes oclif.manifest.json, from which help, completion
 * and the check of the command line are answered without loading a command.
 */
import { Plugin } from '@oclif/core'
import { build } from 'esbuild'
import { existsSync, realpathSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const outdir = join(root, 'dist')

/** client-node declares no `sideEffects`, so that its thousand models would all be kept. */
const treeShakeClientNode = {
  name: 'tree-shake-client-node',
  setup(plugin) {
    const inside = /[\\/]@kubernetes[\\/]client-node[\\/]/
    plugin.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ path }) => ({
      path: fileURLToPath(import.meta.resolve(path)),
      sideEffects: false,
    }))
    // Its own imports name whole files, so that no search is needed.
    plugin.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer, resolveDir }) =>
      inside.test(importer) ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    )
  },
}

/**
 * What libraries load for what we never ask of them: oclif's search for plugins and its templates for help, and
 * client-node's reading of a kubeconfig, which is ours. Said where it is used after all.
 */
const leaveOut = {
  name: 'leave-out',
  setup(plugin) {
    const oclif = '@oclif/core'
    const loadedBy = {
      ...{ ejs: oclif, lilconfig: oclif, minimatch: oclif, tinyglobby: oclif },
      'js-yaml': '@kubernetes/client-node',
    }
    const filter = new RegExp(`^(${Object.keys(loadedBy).join('|')})$`)
    plugin.onResolve({ filter }, ({ path, importer }) =>
      importer.includes(join('node_modules', loadedBy[path], '/'))
        ? { path, namespace: 'left-out' }
        : undefined,
    )
    plugin.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get(_, name) {
        if (name === '__esModule') return false
        return () => { throw new Error('${path} is not part of this build') }
      } })`,
    }))
  },
}

/** Few have such a proxy, and to evaluate it takes as long as a request to a cluster: it is done on its first use. */
const evaluateSocksLate = {
  name: 'evaluate-socks-late',
  setup(plugin) {
    plugin.onResolve({ filter: /^socks-proxy-agent$/ }, ({ kind, resolveDir }) =>
      kind === 'require-call'
        ? undefined
        : { path: 'socks-proxy-agent', namespace: 'late', pluginData: resolveDir },
    )
    plugin.onLoad({ filter: /.*/, namespace: 'late' }, ({ pluginData }) => ({
      contents: [
        'export function SocksProxyAgent(...given) {',
        "  return new (require('socks-proxy-agent').SocksProxyAgent)(...given)",
        '}',
      ].join('\n'),
      resolveDir: pluginData,
    }))
  },
}

/** Bundled node-fetch prints deprecation warnings on newer Node; requests go through our own client. */
const replaceNodeFetch = {
  name: 'replace-node-fetch',
  setup(plugin) {
    plugin.onResolve({ filter: /^node-fetch$/ }, () => ({ path: 'node-fetch', namespace: 'shim' }))
    plugin.onLoad({ filter: /.*/, namespace: 'shim' }, () => ({
      contents: [
        "export default () => Promise.reject(new Error('node-fetch is not part of this build'))",
        // Those of the platform would be loaded by being named: 20 ms.
        'export class Headers {}',
        'export class Request {}',
        'export class Response {}',
        'export class FetchError extends Error {}',
        'export class AbortError extends Error {}',
      ].join('\n'),
    }))
  },
}

async function entryPoints() {
  const commands = await readdir(join(root, 'src/commands'), { recursive: true })
  const entries = commands
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => ({
      in: join(root, 'src/commands', file),
      out: join('commands', file.replace(/\.ts$/, '')),
    }))
  return [{ in: join(root, 'src/cli/launcher.ts'), out: 'cli/launcher' }, ...entries]
}

/** CommonJS libraries inside an ES module look for these. */
const banner = [
  "import{createRequire as __createRequire}from'node:module'",
  "import{fileURLToPath as __toPath}from'node:url'",
  "import{dirname as __toFolder}from'node:path'",
  'const require=__createRequire(import.meta.url)',
  'const __filename=__toPath(import.meta.url)',
  'const __dirname=__toFolder(__filename)',
].join(';')

/** Writes only what differs and removes what is left over, so that a running copy is never without files. */
async function writeOutputs(files) {
  const wanted = new Set(files.map((file) => file.path))
  for (const file of files) {
    const old = existsSync(file.path) ? await readFile(file.path) : undefined
    if (old?.equals(Buffer.from(file.contents))) continue
    await mkdir(dirname(file.path), { recursive: true })
    await writeFile(file.path, file.contents)
  }
  for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !wanted.has(path)) await rm(path)
  }
}

/**
 * The manifest of all commands in a folder, by oclif's own rules.
 * @param {string} commandsFolder relative to the repository: `./dist/commands`, or `./src/commands` in development
 */
export async function manifestOf(commandsFolder) {
  const pjson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  pjson.oclif = { ...pjson.oclif, commands: commandsFolder }
  const plugin = new Plugin({ root, pjson, isRoot: true, ignoreManifest: true, errorOnManifestCreate: true })
  await plugin.load()
  const commands = Object.entries(plugin.manifest.commands).sort(([left], [right]) => (left < right ? -1 : 1))
  return { version: pjson.version, commands: Object.fromEntries(commands) }
}

async function writeManifest() {
  const manifest = await manifestOf('./dist/commands')
  await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(manifest)}\n`)
}

async function main() {
  const result = await build({
    entryPoints: await entryPoints(),
    absWorkingDir: root,
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    legalComments: 'none',
    banner: { js: banner },
    // oclif reaches for it in development only; bundled it would be four megabytes.
    external: ['typescript'],
    plugins: [treeShakeClientNode, replaceNodeFetch, leaveOut, evaluateSocksLate],
    write: false,
    logLevel: 'warning',
  })
  await writeOutputs(result.outputFiles)
  await writeManifest()
  for (const file of ['bin/run.js', 'bin/dev.js', 'plugin.complete']) await chmod(join(root, file), 0o755)
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main()
