#!/usr/bin/env bash
# Certificates for the services of the tests: PEM, PKCS#8 keys, P-256, made anew for each service.
#
#   certs.sh DIR           make them in DIR, unless they are there
#
#   ca                     the authority that clients are told to trust
#   server, client         good for localhost and 127.0.0.1; the client's name is CN=client
#   expired, expired-client    of the same authority, but they ended in 2020
#   othername              a server's for kafka.invalid: right in all but the name
#   rogue                  a client's of an authority that nobody trusts (rogue-ca)
#   client-encrypted.key   the client's key under the password key-secret
#
# For each NAME there are NAME.pem, NAME.key, and NAME-keystore.pem: key, certificate and authority in one file.
set -euo pipefail
[[ $# == 1 ]] || { sed -n '4,13s/^# *//p' "$0" >&2; exit 2; }
mkdir -p "$1"; cd "$1"
[[ -e .complete ]] && exit

key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
authority() { # NAME
  openssl req -x509 "${key[@]}" -days 3650 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
leaf() { # NAME CA USAGE [START END] [NAMES]: dates as YYYYMMDDHHMMSSZ; `openssl x509` of Debian 12 cannot set them
  local extensions=$1.ext
  openssl req "${key[@]}" -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n' \
    "${6:-DNS:localhost,IP:127.0.0.1}" "$3" >"$extensions"
  openssl ca -batch -notext -config ca.cnf -cert "$2.pem" -keyfile "$2.key" \
    -startdate "${4:-20260101000000Z}" -enddate "${5:-20460101000000Z}" -extfile "$extensions" -in "$1.csr" -out "$1.pem"
  cat "$1.key" "$1.pem" "$2.pem" >"$1-keystore.pem"
}

mkdir issued; : >index.txt
cat >ca.cnf <<'CNF'
[ca]
default_ca = tests
[tests]
database = index.txt
new_certs_dir = issued
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CNF
past=(20200101000000Z 20200201000000Z)
{
  authority ca && authority rogue-ca &&
    leaf server ca serverAuth,clientAuth && leaf client ca clientAuth && leaf rogue rogue-ca clientAuth &&
    leaf expired ca serverAuth "${past[@]}" && leaf expired-client ca clientAuth "${past[@]}" &&
    leaf othername ca serverAuth "" "" DNS:kafka.invalid &&
    openssl pkcs8 -topk8 -v2 aes-256-cbc -in client.key -out client-encrypted.key -passout pass:key-secret
} >openssl.log 2>&1 || { echo "certs.sh: openssl failed, see $PWD/openssl.log" >&2; exit 1; }
rm -rf ./*.csr ./*.ext index.txt* ca.cnf issued
chmod 600 ./*.key ./*-keystore.pem
touch .complete
