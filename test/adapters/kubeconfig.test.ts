import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AgentOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { loadKubeconfig, type ClusterAccess } from '../../src/adapters/kubeconfig.js'
import type { KubeconfigOptions } from '../../src/adapters/kubeconfig-context.js'
import { UpgradeError } from '../../src/errors.js'

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-test-'))
const none = join(folder, 'none')

function file(name: string, content: object | string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** A kubeconfig with one context of each name; context, cluster and user are called the same. */
function config(names: string[], current?: string, user: object = {}, cluster: object = {}): object {
  return {
    ...(current === undefined ? {} : { 'current-context': current }),
    clusters: names.map((name) => ({
      name,
      cluster: { server: `https://${name}.example:6443`, ...cluster },
    })),
    users: names.map((name) => ({ name, user })),
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
  }
}

function load(
  options: KubeconfigOptions,
  kubeconfig: string,
  onSecret: (text: string) => void = () => undefined,
): ClusterAccess {
  return loadKubeconfig(options, { KUBECONFIG: kubeconfig }, onSecret)
}

function refuses(code: string, words: RegExp, work: () => unknown): void {
  assert.throws(
    work,
    (error) => error instanceof UpgradeError && error.code === code && words.test(error.message),
  )
}

describe('kubeconfig', () => {
  after(() => rmSync(folder, { recursive: true }))

  it('merges files: the first current-context wins, files that are missing or empty do not count', () => {
    const files = [
      none,
      file('empty', ''),
      file('a', config(['one'], 'one')),
      file('b', config(['two'], 'two')),
    ]
    assert.equal(load({}, files.join(delimiter)).kubeContext, 'one')
    assert.equal(load({ kubeContext: 'two' }, files.join(delimiter)).server, 'https://two.example:6443')
  })

  it('merges files: the first of two entries with the same name wins', () => {
    const first = file('first', config(['one'], undefined, { token: 'first' }))
    const second = file('second', config(['one'], 'one', { token: 'second' }, { server: 'https://other' }))
    const access = load({}, [first, second].join(delimiter))
    assert.equal(access.server, 'https://one.example:6443')
  })

  it('resolves certificate files against the file that names them', async () => {
    const cluster = { 'certificate-authority': 'certificates/ca.crt' }
    file('nested/certificates/ca.crt', 'the authority')
    const access = load({}, file('nested/config', config(['one'], 'one', {}, cluster)))
    const { agent } = await access.security()
    assert.equal(String((agent as unknown as { options: AgentOptions }).options.ca), 'the authority')
  })

  it('takes the file of --kubeconfig alone, and wants it to be there', () => {
    const named = file('named', config(['named'], 'named'))
    assert.equal(load({ kubeconfig: named }, file('other', config(['one'], 'one'))).kubeContext, 'named')
    refuses('KubeconfigUnreadable', /none/, () => load({ kubeconfig: none }, ''))
  })

  it('names file and context where it cannot go on', () => {
    refuses('KubeconfigUnreadable', /broken/, () => load({}, file('broken', 'a: [')))
    refuses('KubeconfigUnreadable', /broken2: it is no kubeconfig/, () => load({}, file('broken2', '[]')))
    refuses('KubeconfigUnreadable', /there is no kubeconfig/, () => load({}, none))
    refuses('ContextUnknown', /staging.*good/, () =>
      load({ kubeContext: 'staging' }, file('good', config(['one'], 'one'))),
    )
    refuses('ContextUnknown', /no context is chosen.*nocurrent/, () =>
      load({}, file('nocurrent', config(['one']))),
    )
    const dangling = { ...config(['one'], 'one'), clusters: [] }
    refuses('ContextUnknown', /names cluster one/, () => load({}, file('dangling', dangling)))
  })

  it('sends token and impersonation, with flags over the file, and tells the token as a secret', async () => {
    const secrets: string[] = []
    const user = { token: 'of-the-file', as: 'someone', 'as-groups': ['x'] }
    const options = { token: 'of-the-flag', asUser: 'jane', asGroups: ['dev', 'ops'] }
    const access = load(options, file('impersonate', config(['one'], 'one', user)), (text) =>
      secrets.push(text),
    )
    const { headers } = await access.security()
    assert.equal(headers.Authorization, 'Bearer of-the-flag')
    assert.equal(headers['Impersonate-User'], 'jane')
    assert.deepEqual(headers['Impersonate-Group'], ['dev', 'ops'])
    assert.deepEqual(secrets, ['of-the-flag'])
  })

  it('overrides server, certificate check and server name', async () => {
    const options = {
      apiServer: 'https://other:1',
      kubeInsecureSkipTlsVerify: true,
      kubeTlsServerName: 'kubernetes',
    }
    const access = load(options, file('over', config(['one'], 'one')))
    const { agent } = await access.security()
    const tls = (agent as unknown as { options: AgentOptions }).options
    assert.equal(access.server, 'https://other:1')
    assert.equal(tls.rejectUnauthorized, false)
    assert.equal(tls.servername, 'kubernetes')
    assert.equal((agent as unknown as { keepAlive: boolean }).keepAlive, true)
  })

  it('reads tokenFile, which outweighs token', async () => {
    const user = { token: 'inline', tokenFile: 'token' }
    file('tokens/token', 'from-file\n')
    const { headers } = await load({}, file('tokens/config', config(['one'], 'one', user))).security()
    assert.equal(headers.Authorization, 'Bearer from-file')
  })

  describe('exec plugins', () => {
    const runs = join(folder, 'runs')
    const plugin = (status: object): object => {
      const script = `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> '${runs}'\ncat <<'E'\n${JSON.stringify({ status })}\nE\n`
      chmodSync(file('bin/login', script), 0o755)
      return {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: './bin/login',
          provideClusterInfo: true,
        },
      }
    }
    const count = (): number => readFileSync(runs, 'utf8').trim().split('\n').length
    beforeEach(() => rmSync(runs, { force: true }))

    it('run once for many requests, also at the same time, where no expiry is given', async () => {
      const access = load({}, file('exec', config(['one'], 'one', plugin({ token: 'abc-token' }))))
      const all = await Promise.all(Array.from({ length: 5 }, () => access.security()))
      assert.equal((await access.security()).headers.Authorization, 'Bearer abc-token')
      assert.equal(new Set(all).size, 1)
      assert.equal(count(), 1)
      const info = JSON.parse(readFileSync(runs, 'utf8')) as {
        kind: string
        spec: { cluster: { server: string } }
      }
      assert.equal(info.spec.cluster.server, 'https://one.example:6443')
    })

    it('run again after the expiry, and after the server refused', async () => {
      const gone = plugin({ token: 'old-token', expirationTimestamp: '2020-01-01T00:00:00Z' })
      const access = load({}, file('exec2', config(['one'], 'one', gone)))
      await access.security()
      await access.security()
      assert.equal(count(), 2)
      const kept = load({}, file('exec3', config(['one'], 'one', plugin({ token: 'abc-token' }))))
      await kept.security()
      await kept.security(true)
      assert.equal(count(), 4)
    })

    it('that fail say why and how to install them', async () => {
      const exec = { command: 'no-such-login', apiVersion: 'x', installHint: 'Install it from the wiki.' }
      const access = load({}, file('exec4', config(['one'], 'one', { exec })))
      await assert.rejects(access.security(), (error) => {
        assert.ok(error instanceof UpgradeError)
        assert.equal(error.code, 'ClusterUnreachable')
        return /no-such-login.*ENOENT; Install it/.test(error.message)
      })
    })
  })
})
