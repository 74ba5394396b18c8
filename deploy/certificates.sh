#!/usr/bin/env bash
# Makes an authority and a certificate for each search node, unless they are there.
set -euo pipefail
cd /certificates
if [ ! -f ca/ca.crt ]; then
    /usr/share/elasticsearch/bin/elasticsearch-certutil ca --silent --pem --days 3650 --out /tmp/ca.zip
    unzip -o -q /tmp/ca.zip
fi
if [ ! -f search3/search3.crt ]; then
    {
        echo "instances:"
        for node in search1 search2 search3; do
            printf '  - name: %s\n    dns: [%s, localhost]\n    ip: [127.0.0.1]\n' "$node" "$node"
        done
    } > /tmp/instances.yml
    /usr/share/elasticsearch/bin/elasticsearch-certutil cert --silent --pem --days 1095 \
        --in /tmp/instances.yml --ca-cert ca/ca.crt --ca-key ca/ca.key --out /tmp/certificates.zip
    unzip -o -q /tmp/certificates.zip
fi
chown -R root:root .
find . -type d -exec chmod 755 {} +
find . -type f -exec chmod 640 {} +
# Vigie reads the authority's certificate, the nodes (group root) their keys; nobody else the authority's key.
chmod 644 ca/ca.crt
chmod 600 ca/ca.key
