#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A throw-away authority for time stamps (RFC 3161), made of openssl alone, for tests.
# Usage: tsa.sh make FOLDER    makes an authority in a new folder: ca.pem, tsa.pem and their keys
#        tsa.sh reply FOLDER   reads a query on standard input, prints the reply
set -e
folder=$2
case $1 in
make)
  mkdir -p "$folder" && cd "$folder"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem \
    -subj '/CN=throw-away authority' -days 30 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout tsa.key -out tsa.csr \
    -subj '/CN=throw-away clock' 2>/dev/null
  printf 'extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n' > ext
  openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext \
    -out tsa.pem 2>/dev/null
  echo 01 > serial
  cat > tsa.cnf <<END
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
END
  ;;
reply)
  cd "$folder" && cat > query.$$
  openssl ts -reply -config tsa.cnf -queryfile query.$$ -out reply.$$ 2>/dev/null
  cat reply.$$
  rm -f query.$$ reply.$$
  ;;
esac
