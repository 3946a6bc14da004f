/** What is no word of helm's about the failure: log lines, and hints that do not fit a call by a program. */
const noise = [
  /^WARNING: Kubernetes configuration file is (group|world)-readable/,
  /^Use --debug flag to render out invalid YAML$/,
  /^(time=\S+ )?level=(DEBUG|INFO|WARN)\b/,
  /^(helm|install|upgrade)\.go:\d+: .*\[debug\]/,
  /^I\d{4} \d\d:\d\d:\d\d/,
  /^\s*$/,
]
const mostLines = 12

/** Helm's own words for a failure: the lines from `Error:` on, without prefix and log lines. */
export function helmWords(stderr: string): string {
  const lines = stderr.split(/\r?\n/).filter((line) => !noise.some((pattern) => pattern.test(line)))
  const error = lines.findIndex((line) => line.startsWith('Error: '))
  const words = error < 0 ? lines.slice(-mostLines) : lines.slice(error, error + mostLines)
  return words
    .join('\n')
    .replace(/^Error: (UPGRADE FAILED: )?/, '')
    .trim()
}
