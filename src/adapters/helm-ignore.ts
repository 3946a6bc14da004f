/**
 * The rules of a `.helmignore` (helm pkg/ignore/rules.go): shell patterns without `**`; a pattern with a
 * slash is matched against the path, one without against the name; `/` at its end means folders only;
 * a leading `!` inverts the match.
 */
export interface IgnoreRules {
  ignores(path: string, isFolder: boolean): boolean
}

interface Rule {
  pattern: RegExp
  wholePath: boolean
  foldersOnly: boolean
  inverted: boolean
}

/** Rules of a text, with helm's own default: hidden files in templates. Lines that it cannot read do not count. */
export function parseHelmIgnore(text: string): IgnoreRules {
  const lines = [...text.replace(/^\uFEFF/, '').split(/\r?\n/), 'templates/.?*']
  const rules = lines.flatMap((line) => parseRule(line.trim()))
  return {
    ignores: (path, isFolder) =>
      rules.some((rule) => {
        if (rule.inverted) return rule.foldersOnly && !isFolder ? true : !matches(rule, path)
        return (!rule.foldersOnly || isFolder) && matches(rule, path)
      }),
  }
}

function parseRule(line: string): Rule[] {
  if (line === '' || line.startsWith('#') || line.includes('**')) return []
  const inverted = line.startsWith('!')
  let pattern = inverted ? line.slice(1) : line
  const foldersOnly = pattern.endsWith('/')
  if (foldersOnly) pattern = pattern.slice(0, -1)
  const rooted = pattern.startsWith('/')
  const wholePath = pattern.includes('/')
  try {
    return [{ pattern: globToRegExp(rooted ? pattern.slice(1) : pattern), wholePath, foldersOnly, inverted }]
  } catch {
    return []
  }
}

function matches({ pattern, wholePath }: Rule, path: string): boolean {
  return pattern.test(wholePath ? path : (path.split('/').at(-1) ?? path))
}

/** Go's filepath.Match: `*` and `?` stop at a slash. Throws for a pattern that is none. */
function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\\.|\[(?:\\.|[^\]])*\]|[\s\S]/g, (part) => {
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[') && part.length > 1) return part
    if (part.startsWith('\\') && part.length > 1) return part.replace(/^\\(\w)$/, '$1')
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${source}$`)
}
