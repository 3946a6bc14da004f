const quantity = /^([+-]?\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i))?$/

const factors: Record<string, number> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
}

/** A Kubernetes quantity (`500m`, `1.5`, `64Mi`) as a number; 0 where it is none. */
export function readQuantity(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : 0
  const match = typeof value === 'string' ? quantity.exec(value.trim()) : null
  if (!match) return 0
  return Number(match[1]) * 10 ** Number(match[2] ?? 0) * (factors[match[3] ?? ''] ?? 1)
}

/** A number as a quantity: CPU in cores or thousandths, memory in the largest whole unit. */
export function formatQuantity(resource: string, amount: number): string {
  if (resource === 'cpu') {
    return Number.isInteger(amount) ? String(amount) : `${Math.max(1, Math.floor(amount * 1000 + 1e-6))}m`
  }
  for (const unit of ['Gi', 'G', 'Mi', 'M', 'Ki', 'k']) {
    const count = amount / (factors[unit] ?? 1)
    if (count >= 1 && Number.isInteger(count)) return `${count}${unit}`
  }
  return amount >= 1e6 ? `${Math.round(amount / 2 ** 20)}Mi` : String(amount)
}
