/** Why an image could not be pulled, and what helps. */
export interface PullFailure {
  what: string
  remedy: string
  /** True where the reference itself may be wrong: registry, name or tag. */
  isName: boolean
}

// In this order: an error about the platform also says "not found".
const failures: [RegExp, PullFailure][] = [
  [
    /no match(?:ing manifest)? for (?:platform|linux|windows)|no matching manifest/i,
    {
      what: "the image does not exist for the node's platform",
      remedy: 'choose a tag for this platform, or keep the pods to nodes of another',
      isName: false,
    },
  ],
  [
    /\b429\b|toomanyrequests|rate limit/i,
    {
      what: 'the registry refuses more pulls for now (rate limit)',
      remedy: 'wait, or use a pull secret or a mirror of the registry',
      isName: false,
    },
  ],
  [
    /pull access denied|insufficient_scope|authorization failed|failed to authorize|unauthorized|denied: |no basic auth|\b40[13]\b/i,
    {
      what: 'the registry refuses access to the image, or does not have it',
      remedy: 'check registry, name and tag; for a private registry make sure of the imagePullSecrets',
      isName: true,
    },
  ],
  [
    /no such host|server misbehaving/i,
    {
      what: "the registry's name cannot be resolved",
      remedy: "check the registry's name and the DNS of the nodes",
      isName: true,
    },
  ],
  [
    /x509|server gave HTTP response to HTTPS client/i,
    {
      what: "the registry's certificate is not accepted by the node",
      remedy: "add the registry's CA to the container runtime of the nodes",
      isName: false,
    },
  ],
  [
    /no space left on device/i,
    { what: "the node's disk is full", remedy: 'make room on the node', isName: false },
  ],
  [
    /i\/o timeout|connection refused|TLS handshake timeout|deadline exceeded|request canceled|Timeout exceeded/i,
    {
      what: 'the registry cannot be reached from the node',
      remedy: 'check network, egress rules and proxy of the nodes',
      isName: false,
    },
  ],
  [
    /not found|manifest unknown|name unknown|does not exist/i,
    {
      what: 'the image does not exist',
      remedy: "correct registry or tag; the chart's own are known to exist",
      isName: true,
    },
  ],
]

const byReason: Record<string, PullFailure> = {
  InvalidImageName: {
    what: "the image's name is not valid",
    remedy: 'correct registry, tag or digest in the values',
    isName: true,
  },
  ErrImageNeverPull: {
    what: 'the image is not on the node and its pull policy is Never',
    remedy: 'load the image onto the nodes, or change the pull policy',
    isName: false,
  },
}

const unknown: PullFailure = {
  what: 'the image cannot be pulled',
  remedy: 'check registry, name and tag, and what the node says about it',
  isName: true,
}

/** What a waiting reason and the registry's words mean. */
export function pullFailureOf({ reason, words }: { reason: string; words: string }): PullFailure {
  const known = byReason[reason]
  return known ?? failures.find(([pattern]) => pattern.test(words))?.[1] ?? unknown
}

/**
 * What the registry said, out of the kubelet's message; empty where it is only the kubelet's own
 * ("Back-off pulling image"). Docker Hub's text on rate limits may name a user and a token.
 */
export function registryWords(message: string, image: string): string {
  const text = message
    .replace(/^Back-off pulling image "[^"]*"(?:: )?/, '')
    .replace(/^(?:Error: )?(?:ErrImagePull|ImagePullBackOff)(?:: |$)/, '')
    .replace(/^Failed to pull image "[^"]*": /, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/(\bas [\w.-]+): \S+/, '$1: (hidden)')
    .trim()
  return text === image ? '' : text
}
