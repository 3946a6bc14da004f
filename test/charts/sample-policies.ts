/** Policies of the sample mesh: many, varied, always the same, and with values that careless tools break. */
import { SAMPLE_APPS, type ChartVersion, type SampleObject } from './sample-apps.js'

export interface PolicyOptions {
  /** How many policies; at least one of each kind and trait is among the first 200. */
  count?: number
  /** Leave out kinds that this version of the mesh does not know; 0.9.2 unless told. */
  version?: ChartVersion
  /** Another seed gives other policies. */
  seed?: number
}

type Random = (below: number) => number
type Maker = (random: Random, index: number) => SampleObject

/** Strings that are dates, numbers or booleans to one YAML reader or another. */
export const AMBIGUOUS_STRINGS: readonly string[] = [
  '2021-02-30',
  '2001-12-14t21:59:43.10-05:00',
  '12:30:45',
  '1e3',
  '0o17',
  '010',
  '0x1F',
  '1_000',
  '.inf',
  'yes',
  'off',
  'null',
  '~',
  '',
  ' leading and trailing ',
  '# no comment',
  'line one\nline two\n',
  '\ttab',
  '{{ not a template }}',
  '$HOME',
]

/** Strings beyond ASCII, some of them beyond the first plane or in two normal forms. */
export const UNICODE_STRINGS: readonly string[] = [
  'Überlauf',
  'книга',
  '本の店',
  '📚🧾',
  'e\u0301 is not \u00e9',
  'right \u200fto left',
  'line\u2028separator',
  'zero\u200bwidth',
]

/** Integers that a 64-bit server keeps and a double does not. */
export const BIG_INTEGERS: readonly bigint[] = [
  9007199254740993n,
  9223372036854775807n,
  -9223372036854775808n,
  1234567890123456789n,
]

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*']
const NAMESPACES = Object.keys(SAMPLE_APPS)

/** `count` policies of the kinds that the version knows. */
export function samplePolicies(options: PolicyOptions = {}): SampleObject[] {
  const { count = 200, version = '0.9.2', seed = 1 } = options
  const random = seeded(seed)
  const makers = version === '0.9.2' ? FIRST_KINDS : [...FIRST_KINDS, ingressBackend]
  return Array.from({ length: count }, (_, index) => {
    const make = makers[index % makers.length] ?? trafficTarget
    return decorate(make(random, index), index)
  })
}

/** A generator of Lehmer's kind: enough for variety, and the same everywhere. */
function seeded(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[random(from.length)] as T
}

function several<T>(below: number, random: Random, make: (index: number) => T): T[] {
  return Array.from({ length: random(below) }, (_, index) => make(index))
}

function base(apiVersion: string, kind: string, index: number): SampleObject {
  const namespace = NAMESPACES[index % NAMESPACES.length] ?? 'bookstore'
  return { kind, apiVersion, metadata: { namespace, name: nameOf(kind.toLowerCase(), index) } }
}

/** One name in forty is as long as names may be. */
function nameOf(prefix: string, index: number): string {
  const name = `${prefix}-${index}`
  return index % 40 === 39 ? `${name}.${'long-name-'.repeat(30)}`.slice(0, 252) + 'z' : name
}

/** Labels and annotations that only some objects carry, keys in no order. */
function decorate(object: SampleObject, index: number): SampleObject {
  const text = [...AMBIGUOUS_STRINGS, ...UNICODE_STRINGS]
  if (index % 3 === 0) {
    object.metadata['annotations'] = {
      'zz.example.com/last': text[index % text.length] ?? '',
      'aa.example.com/first': text[(index * 7) % text.length] ?? '',
      'example.com/number': String(index),
    }
  }
  if (index % 5 === 0) object.metadata['labels'] = { team: 'books', 'app.kubernetes.io/part-of': 'shop' }
  return object
}

function account(random: Random): { kind: string; name: string; namespace: string } {
  const namespace = pick(NAMESPACES, random)
  return { kind: 'ServiceAccount', name: pick(SAMPLE_APPS[namespace] ?? [], random), namespace }
}

const trafficTarget: Maker = (random, index) => ({
  ...base('access.smi-spec.io/v1alpha3', 'TrafficTarget', index),
  spec: {
    sources: several(4, random, () => account(random)),
    destination: account(random),
    rules: several(4, random, (rule) => ({
      name: `httproutegroup-${index + rule}`,
      kind: pick(['HTTPRouteGroup', 'TCPRoute'], random),
      ...(rule % 2 === 0 && { matches: several(3, random, () => pick(AMBIGUOUS_STRINGS, random)) }),
    })),
  },
})

const httpRouteGroup: Maker = (random, index) => ({
  ...base('specs.smi-spec.io/v1alpha4', 'HTTPRouteGroup', index),
  spec: {
    matches: several(5, random, (match) => ({
      pathRegex: index % 50 === 1 ? `/${'very-long-'.repeat(400)}.*` : pick(UNICODE_STRINGS, random),
      name: `match-${match}`,
      methods: several(METHODS.length, random, (method) => METHODS[method] ?? '*'),
      headers: several(3, random, (header) => ({
        'x-zulu': pick(AMBIGUOUS_STRINGS, random),
        'user-agent': pick(UNICODE_STRINGS, random),
        [`x-${header}`]: '',
      })),
    })),
  },
})

const tcpRoute: Maker = (random, index) => ({
  ...base('specs.smi-spec.io/v1alpha4', 'TCPRoute', index),
  spec: {
    matches: {
      ports: several(6, random, (port) => (port % 2 ? pick(BIG_INTEGERS, random) : random(65535) + 1)),
    },
  },
})

const trafficSplit: Maker = (random, index) => ({
  ...base('split.smi-spec.io/v1alpha2', 'TrafficSplit', index),
  spec: {
    service: 'bookstore',
    backends: several(5, random, (backend) => ({
      weight: weightOf(random, backend),
      service: `bookstore-v${backend + 1}`,
    })),
  },
})

function weightOf(random: Random, backend: number): number | bigint {
  if (backend === 0) return pick(BIG_INTEGERS, random)
  return backend === 1 ? random(1000) / 8 : random(100)
}

const egress: Maker = (random, index) => ({
  ...base('policy.openservicemesh.io/v1alpha1', 'Egress', index),
  spec: {
    sources: several(3, random, () => account(random)),
    hosts: several(3, random, () => pick(UNICODE_STRINGS, random)),
    ipAddresses: several(3, random, (block) => `10.${random(256)}.${block}.0/24`),
    ports: several(3, random, () => ({
      protocol: pick(['http', 'https', 'tcp'], random),
      number: random(65535) + 1,
    })),
    matches: [],
  },
})

const ingressBackend: Maker = (random, index) => ({
  ...base('policy.openservicemesh.io/v1alpha1', 'IngressBackend', index),
  spec: {
    backends: [
      {
        name: pick(['bookstore-v1', 'bookbuyer'], random),
        port: { number: random(65535) + 1, protocol: pick(['http', 'https'], random) },
        tls: { skipClientCertValidation: random(2) === 0, sniHosts: [] },
      },
    ],
    sources: [{ kind: 'Service', name: 'ingress-nginx-controller', namespace: 'ingress-nginx' }],
  },
})

const FIRST_KINDS: readonly Maker[] = [
  trafficTarget,
  httpRouteGroup,
  tcpRoute,
  trafficTarget,
  trafficSplit,
  httpRouteGroup,
  egress,
]
