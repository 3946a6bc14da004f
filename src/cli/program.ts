/** One program under several names; what is printed names the one that was typed. */
export interface Program {
  /** `kubectl mesh-upgrade`, `kubectl mesh upgrade` or `helm upgrade-check`. */
  name: string
  /** As a helm plugin the only command is the judge, and helm has eaten its own global flags. */
  mode: 'kubectl' | 'helm'
  /** kubectl asks for completions by calling `kubectl_complete-…`. */
  completing: boolean
}

/**
 * Which name was typed.
 * @param script `process.argv[1]`: the link that kubectl found on PATH, not the file it points to
 */
export function programOf(script: string, env: Record<string, string | undefined>): Program {
  const file = (script.split(/[\\/]/).at(-1) ?? '').replace(/\.(?:[cm]?js|exe|cmd|ps1)$/i, '')
  const kubectl = /^kubectl(_complete)?-mesh([-_])upgrade$/.exec(file)
  if (!kubectl && env.HELM_PLUGIN_NAME === 'upgrade-check') {
    return { name: 'helm upgrade-check', mode: 'helm', completing: false }
  }
  // kubectl shows `_` in a file name as a dash and `-` as a space.
  const name = kubectl?.[2] === '-' ? 'kubectl mesh upgrade' : 'kubectl mesh-upgrade'
  return { name, mode: 'kubectl', completing: kubectl?.[1] !== undefined }
}
