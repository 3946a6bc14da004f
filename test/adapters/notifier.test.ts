import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notifier } from '../../src/adapters/notifier.js'
import { completionEvent, infrastructureOf } from '../../src/model/completion-event.js'

const event = completionEvent({
  cluster: {
    kubeContext: 'prod',
    server: 'https://u:p4ss@api.example.com:6443/x',
    uid: 'uid-1',
    kubeVersion: 'v1.37.1',
  },
  infrastructure: { region: 'eu-1' },
  release: { name: 'osm', namespace: 'osm-system' },
  ...{
    runId: 'run-1',
    from: '0.9.2',
    to: '0.11.1',
    outcome: 'rolled-back',
    endedAt: 1_000,
    durationMs: 61_400,
  },
  hops: [{ from: '0.9.2', to: '0.11.1' }],
})

describe('notifier', () => {
  const folder = mkdtempSync(join(tmpdir(), 'notifier-test-'))
  const seen: {
    method?: string | undefined
    url?: string | undefined
    type?: string | undefined
    body: string
  }[] = []
  let status: number | 'silent' = 202
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, type: request.headers['content-type'], body })
      if (status !== 'silent') response.writeHead(status).end('x'.repeat(100_000))
    })
  })
  const port = (): number => (server.address() as AddressInfo).port
  const send = (target: string, timeoutMs = 5_000, env = {}): Promise<string | undefined> =>
    notifier(env).send(target, event, timeoutMs)
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('posts a CloudEvent that holds no secret', async () => {
    assert.equal(await send(`http://127.0.0.1:${port()}/hook?key=1`), undefined)
    const [got] = seen.splice(0)
    assert.deepEqual([got?.method, got?.url], ['POST', '/hook?key=1'])
    assert.equal(got?.type, 'application/cloudevents+json; charset=utf-8')
    assert.deepEqual(JSON.parse(got?.body ?? ''), {
      specversion: '1.0',
      type: 'dev.mesh-upgrade.run.rolledback',
      source: '/clusters/uid-1/namespaces/osm-system/releases/osm',
      id: 'run-1.rs',
      time: '1970-01-01T00:00:01.000Z',
      subject: 'run-1',
      datacontenttype: 'application/json',
      data: {
        ...{
          run: 'run-1',
          outcome: 'rolled-back',
          durationSeconds: 61,
          release: 'osm',
          namespace: 'osm-system',
        },
        ...{ from: '0.9.2', to: '0.11.1', hops: [{ from: '0.9.2', to: '0.11.1' }] },
        ...{ clusterId: 'uid-1', context: 'prod', kubeVersion: 'v1.37.1' },
        infrastructure: { server: 'api.example.com:6443', region: 'eu-1' },
      },
    })
  })

  it('tells why it could not, in time, and shows nothing of the address but its server', async () => {
    status = 500
    assert.equal(
      await send(`http://me:s3cr3t@127.0.0.1:${port()}/s3cr3t`),
      `127.0.0.1:${port()} answered 500`,
    )
    status = 'silent'
    const startedAt = performance.now()
    assert.match(
      (await send(`http://127.0.0.1:${port()}/s3cr3t`, 300)) ?? '',
      /ETIMEDOUT|no answer within 0.3 s/,
    )
    assert.ok(performance.now() - startedAt < 3_000)
    status = 202
    const refused = await send('http://127.0.0.1:1/s3cr3t')
    assert.equal(refused, '127.0.0.1:1: ECONNREFUSED')
    const unknown = await send('https://no-such-host.invalid/s3cr3t')
    assert.match(unknown ?? '', /^no-such-host\.invalid: E/)
  })

  it('appends a line to a file of its own, and is not held up by a pipe', async () => {
    const file = join(folder, 'events')
    await send(file)
    await send(file)
    assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(event)}\n`.repeat(2))
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.match((await send(join(folder, 'no', 'such'))) ?? '', /there is no such file or folder/)
    execFileSync('mkfifo', [join(folder, 'pipe')])
    assert.ok(await send(join(folder, 'pipe')))
  })

  it('goes by the proxy that the environment names: a tunnel for https', async () => {
    seen.length = 0
    const proxy = `http://127.0.0.1:${port()}`
    assert.equal(await send('http://example.invalid/hook', 5_000, { HTTP_PROXY: proxy }), undefined)
    assert.equal(seen[0]?.url, 'http://example.invalid/hook')
    const asked: (string | undefined)[] = []
    server.on('connect', (request, socket) => {
      asked.push(request.url)
      const through = connect(port(), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(through).pipe(socket)
      })
      through.on('error', () => socket.destroy())
      socket.on('error', () => through.destroy())
    })
    // What answers behind the tunnel speaks no TLS: it is enough that it was asked for.
    assert.match(
      (await send('https://example.invalid/hook', 5_000, { HTTPS_PROXY: proxy })) ?? '',
      /^example\.invalid: /,
    )
    assert.deepEqual(asked, ['example.invalid:443'])
  })
})

describe('infrastructureOf', () => {
  it('tells what the labels of a node say, and nothing where they say nothing', () => {
    const labels = { 'eks.amazonaws.com/nodegroup': 'a', 'topology.kubernetes.io/region': 'eu-1' }
    assert.deepEqual(infrastructureOf({ labels }), { provider: 'aws', region: 'eu-1' })
    assert.deepEqual(infrastructureOf({}), {})
  })
})
