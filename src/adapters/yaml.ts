export { parseYaml, parseYamlDocuments } from '../kubernetes-yaml.js'
