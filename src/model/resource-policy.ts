/** helm reads this annotation of the live object before it deletes what left a chart: `keep` spares it. */
export const resourcePolicy = 'helm.sh/resource-policy'
