/**
 * The proxy that the environment names for a server, as Go programs read it: HTTPS_PROXY or HTTP_PROXY
 * by scheme, NO_PROXY as hosts, domain ends and `*`; loopback never goes through a proxy.
 * Undefined where the server is reached directly.
 */
export function proxyFor(server: string, env: Record<string, string | undefined>): string | undefined {
  const url = new URL(server)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const proxy = env[name] ?? env[name.toLowerCase()]
  if (!proxy || isLoopback(host) || isExcepted(host, url.port, env.NO_PROXY ?? env.no_proxy ?? ''))
    return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function isExcepted(host: string, port: string, exceptions: string): boolean {
  return exceptions.split(',').some((entry) => {
    const wanted = entry.trim().toLowerCase()
    if (wanted === '') return false
    if (wanted === '*') return true
    if (isInRange(host, wanted)) return true
    const [name = '', wantedPort] = wanted.split(':')
    if (wantedPort !== undefined && wantedPort !== port) return false
    const end = name.replace(/^\*?\./, '')
    // `.example.org` means what is below it, `example.org` the host itself as well.
    return host.endsWith(`.${end}`) || (host === end && !/^\*?\./.test(name))
  })
}

/** True for an IPv4 address within `10.0.0.0/8`. */
function isInRange(host: string, range: string): boolean {
  const [network = '', bits] = range.split('/')
  const [address, base] = [ipv4Number(host), ipv4Number(network)]
  if (bits === undefined || address === undefined || base === undefined) return false
  const size = 2 ** (32 - Number(bits))
  return Math.floor(address / size) === Math.floor(base / size)
}

function ipv4Number(text: string): number | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number)
  return parts?.reduce((sum, part) => sum * 256 + part, 0)
}
