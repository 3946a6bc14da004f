import { field, textField } from '../model/kube-object.js'
import type { AccessQuestion } from '../model/permission.js'
import { apiFailure } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

/** Asks by a SelfSubjectAccessReview with `dryRun=All`. Throws `ApiFailure` where it is not answered. */
export async function reviewAccess(
  client: RestClient,
  question: AccessQuestion,
): Promise<{ allowed: boolean; reason: string }> {
  const request: RestRequest = {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?dryRun=All',
    body: JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: attributesOf(question) },
    }),
    repeatable: true,
  }
  const response = await client.send(request)
  if (response.status !== 201 && response.status !== 200) throw apiFailure(request, response)
  const answer = response.parsed
  return {
    allowed: field(answer, 'status', 'allowed') === true,
    reason: textField(answer, 'status', 'reason'),
  }
}

/** `pods/eviction` is a resource and its subresource. */
function attributesOf({ resource: named, ...question }: AccessQuestion): object {
  const [resource, subresource] = named.split('/')
  return { ...question, resource, ...(subresource === undefined ? {} : { subresource }) }
}
