import { textField } from '../../model/kube-object.js'
import { conditionOf, conditionStatus, conditionWords } from '../conditions.js'
import { current, failed, inProgress, type KindRule } from './status.js'

/** A CRD is done when its names are accepted and it is established. */
export const crd: KindRule = (object) => {
  if (conditionStatus(object, 'NamesAccepted') === 'False')
    return failed(`its names are not accepted: ${conditionWords(object, 'NamesAccepted')}`)
  const established = conditionStatus(object, 'Established')
  if (established === 'True') return current('established')
  const isInstalling = textField(conditionOf(object, 'Established'), 'reason') === 'Installing'
  if (established === 'False' && !isInstalling)
    return failed(`is not established: ${conditionWords(object, 'Established')}`)
  return inProgress('is not established yet')
}

/** kstatus has no rule for these; one that is not available breaks discovery for everybody. */
export const apiService: KindRule = (object) =>
  conditionStatus(object, 'Available') === 'True'
    ? current('available')
    : inProgress(`is not available: ${conditionWords(object, 'Available') || 'no condition yet'}`)
