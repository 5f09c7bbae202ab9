#!/usr/bin/env bash
# Validates the golden EWS answers against the schemas.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
xmllint --noout --schema "$here/schema/ews-all.xsd" "$here"/../../ews/golden/*.answer.xml
# A wrong answer must fail, or the check above says nothing.
wrong=$(mktemp)
trap 'rm -f "$wrong"' EXIT
sed 's/ResponseCode>/ResponseCod>/g' "$here/../../ews/golden/get_folder.answer.xml" >"$wrong"
if xmllint --noout --schema "$here/schema/ews-all.xsd" "$wrong" 2>/dev/null; then
    echo "the schema check accepts a wrong answer" >&2
    exit 1
fi
