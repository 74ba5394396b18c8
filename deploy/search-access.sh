#!/usr/bin/env bash
# Makes the role and the user `vigie`, which may use the indices and templates that begin with vigie, and nothing else.
set -euo pipefail
elastic_password=$(cat /run/secrets/elastic_password)
vigie_password=$(cat /run/secrets/search_password)
ask() { # method path body: through a file, so that no password is in a list of processes
    printf 'user = "elastic:%s"\n' "$elastic_password" |
        curl --silent --show-error --fail --config - --cacert /certificates/ca/ca.crt --output /dev/null \
            --request "$1" "https://search1:9200$2" --header 'Content-Type: application/json' --data @<(printf '%s' "$3")
}
ask PUT /_security/role/vigie '{
  "cluster": ["monitor", "manage_index_templates"],
  "indices": [{
    "names": ["vigie-*"],
    "privileges": ["read", "write", "create_index", "manage", "view_index_metadata", "maintenance", "monitor"]
  }]
}'
case "$vigie_password" in *[\"\\]*) echo "The search password may hold no quote and no backslash." >&2; exit 1 ;; esac
ask PUT /_security/user/vigie "{\"password\": \"$vigie_password\", \"roles\": [\"vigie\"], \"full_name\": \"Vigie\"}"
echo "Vigie has its role and its user."
