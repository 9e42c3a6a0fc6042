#!/usr/bin/env bash
# A real one-node Apache Kafka (KRaft) on 127.0.0.1 and free ports, with every security protocol.
#
#   kafka.sh jars          download the broker's jars into the cache, once (43 MB)
#   kafka.sh start DIR     start; prints and writes DIR/env (KAFKA_PLAINTEXT=host:port, …), DIR/pid, DIR/broker.log, DIR/certs/
#   kafka.sh stop DIR      clean shutdown, data stays
#   kafka.sh kill DIR      kill -9, data stays
#   kafka.sh hold DIR      start, then stay until stdin closes; then kill the broker and delete DIR
#
# `hold` is how tests own a broker: the kernel closes the pipe however the test process ends, so nothing is left behind.
# Settings from the environment: KAFKA_KEEP=1 starts again on DIR's data and ports, KAFKA_ACL=1 turns the authorizer on,
# KAFKA_EXTRA names a file of broker properties to add, KAFKA_HEAP (512m), KAFKA_WAIT_S (60), KAFKA_LOG (info), KAFKA_VERSION.
# KAFKA_KERBEROS names the folder of a realm (`service.sh hold kerberos`): a listener KAFKA_GSSAPI is added.
# KAFKA_OIDC is the URL of an identity provider (/jwks, audience "kafka"): both SASL listeners take OAUTHBEARER tokens too.
set -euo pipefail
. "$(dirname "$0")/ports.sh"
VERSION=${KAFKA_VERSION:-4.4.0}
CACHE=${FLOWLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowloom}
LIBS=$CACHE/kafka-$VERSION

die() { echo "kafka.sh: $*" >&2; exit 1; }
usage() { sed -n '4,8s/^# *//p' "$0" >&2; exit 2; }
lock() { # FILE: wait for other kafka.sh processes on it; held until this process ends
  exec 9>"$1"
  if command -v flock >/dev/null; then flock -w 600 9 || die "another kafka.sh holds $1"; fi
}

jars() {
  [[ -e $LIBS/.complete ]] && return
  mkdir -p "$LIBS"; lock "$LIBS.lock"
  [[ -e $LIBS/.complete ]] && return
  echo "kafka.sh: fetching Apache Kafka $VERSION from Maven Central into $LIBS" >&2
  # kafka-tools-api is excluded: 4.4.0 names it, no such jar is published, and the broker never loads it.
  # slf4j-simple is added: Kafka brings no binding, and without logs nothing says when the broker is ready.
  cat >"$LIBS/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>flowloom</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$VERSION</version><exclusions>
<exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion></exclusions></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
XML
  mvn -B -ntp -q -f "$LIBS/pom.xml" "-Dmaven.repo.local=$LIBS/m2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$LIBS" >&2 || die "Maven could not fetch Kafka $VERSION, see above"
  rm -rf "$LIBS/m2"
  touch "$LIBS/.complete"
}

listeners() { # a line of NAME PROTOCOL HOST for each but the controller's; the host is what clients are told
  cat <<LISTENERS
PLAINTEXT PLAINTEXT $HOST
SASL_PLAINTEXT SASL_PLAINTEXT $HOST
SSL SSL $HOST
MTLS SSL $HOST
SASL_SSL SASL_SSL $HOST
EXPIRED SSL $HOST
OTHERNAME SSL $HOST
LISTENERS
  # A ticket is for a host by name: the broker calls itself localhost here.
  if [[ -n ${KAFKA_KERBEROS:-} ]]; then echo "GSSAPI SASL_PLAINTEXT localhost"; fi
}

properties() { # PORTS, one for each listener and the last for the controller
  local name protocol host listeners="" advertised="" protocols="CONTROLLER:PLAINTEXT"
  local sasl module=org.apache.kafka.common.security
  while read -r name protocol host; do
    listeners+="$name://$HOST:$1,"; advertised+=",$name://$host:$1"; protocols+=",$name:$protocol"
    shift
  done < <(listeners)
  # Short session timeouts let a broker that was killed register again after 3 s instead of 9.
  # Group rebalance delay, retention and cleaner intervals are near zero so that tests need not wait; a topic that shall
  # lose messages sets its own retention, or those that carry an old timestamp would be gone at once.
  cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=$HOST:$1
controller.listener.names=CONTROLLER
listeners=${listeners}CONTROLLER://$HOST:$1
advertised.listeners=${advertised#,}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=$protocols
log.dirs=$DIR/data
ssl.keystore.type=PEM
ssl.keystore.location=$DIR/certs/server-keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$DIR/certs/ca.pem
ssl.client.auth=none
listener.name.mtls.ssl.client.auth=required
listener.name.expired.ssl.keystore.location=$DIR/certs/expired-keystore.pem
listener.name.othername.ssl.keystore.location=$DIR/certs/othername-keystore.pem
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.partitions=3
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
log.initial.task.delay.ms=1000
log.retention.check.interval.ms=1000
log.retention.ms=-1
PROPERTIES
  for sasl in sasl_plaintext sasl_ssl; do
    cat <<PROPERTIES
listener.name.$sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512${KAFKA_OIDC:+,OAUTHBEARER}
listener.name.$sasl.plain.sasl.jaas.config=$module.plain.PlainLoginModule required user_alice="alice-secret" user_admin="admin-secret";
listener.name.$sasl.scram-sha-256.sasl.jaas.config=$module.scram.ScramLoginModule required;
listener.name.$sasl.scram-sha-512.sasl.jaas.config=$module.scram.ScramLoginModule required;
PROPERTIES
    if [[ -n ${KAFKA_OIDC:-} ]]; then
      cat <<PROPERTIES
listener.name.$sasl.oauthbearer.sasl.jaas.config=$module.oauthbearer.OAuthBearerLoginModule required;
listener.name.$sasl.oauthbearer.sasl.server.callback.handler.class=$module.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.$sasl.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=$KAFKA_OIDC/jwks
listener.name.$sasl.oauthbearer.sasl.oauthbearer.expected.issuer=$KAFKA_OIDC
listener.name.$sasl.oauthbearer.sasl.oauthbearer.expected.audience=kafka
PROPERTIES
    fi
  done
  if [[ -n ${KAFKA_KERBEROS:-} ]]; then
    cat <<PROPERTIES
listener.name.gssapi.sasl.enabled.mechanisms=GSSAPI
listener.name.gssapi.sasl.kerberos.service.name=kafka
listener.name.gssapi.gssapi.sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true isInitiator=false keyTab="$KAFKA_KERBEROS/kafka.keytab" principal="kafka/localhost@FLOWLOOM.TEST";
PROPERTIES
  fi
  if [[ ${KAFKA_ACL:-} == 1 ]]; then
    echo "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    echo "super.users=User:ANONYMOUS;User:admin"
  fi
  if [[ -n ${KAFKA_EXTRA:-} ]]; then cat "$KAFKA_EXTRA"; fi
}

format() { # a new log folder, with the users that SCRAM knows; the id is joined by "=" for one in 64 starts with "-"
  local user algorithm scram=()
  for user in alice admin; do for algorithm in SCRAM-SHA-256 SCRAM-SHA-512; do
    scram+=(--add-scram "$algorithm=[name=$user,password=$user-secret]")
  done; done
  rm -rf "$DIR/data"
  "${JAVA[@]}" kafka.tools.StorageTool format --standalone -c "$DIR/server.properties" "${scram[@]}" \
    "--cluster-id=$(openssl rand -base64 16 | tr '+/' '-_' | tr -d =)" >"$DIR/format.log" 2>&1 \
    || die "formatting failed: $(tail -3 "$DIR/format.log")"
}

running() { # the pid in DIR/pid is a broker of this DIR
  [[ -s $DIR/pid ]] && ps -ww -o args= -p "$(<"$DIR/pid")" 2>/dev/null | grep -qF -- "-Dflowloom.broker=$DIR "
}

launch() { # run the broker of DIR/server.properties and wait until it serves; false when it died
  local pid tenths
  : >"$DIR/broker.log" # the old log says "started" too
  set -m # a process group of its own: Ctrl-C at the terminal is not for the broker
  "${JAVA[@]}" kafka.Kafka "$DIR/server.properties" >>"$DIR/broker.log" 2>&1 </dev/null 9>&- &
  pid=$!
  set +m
  echo "$pid" >"$DIR/pid"
  for ((tenths = 0; tenths < ${KAFKA_WAIT_S:-60} * 10; tenths++)); do
    if grep -q 'Kafka Server started' "$DIR/broker.log"; then return 0; fi
    if ! kill -0 "$pid" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
  kill -9 "$pid"
  return 1
}

start() {
  local attempt ports name host
  if running; then die "already running, pid $(<"$DIR/pid")"; fi
  if [[ ${KAFKA_KEEP:-} == 1 && -e $DIR/env ]]; then
    launch || die "the broker did not start: $(tail -3 "$DIR/broker.log")"
    cat "$DIR/env"
    return
  fi
  "$(dirname "$0")/certs.sh" "$DIR/certs" || die "no certificates"
  for attempt in 1 2 3; do # a port may be taken between the look and the bind
    read -ra ports < <(free_ports "$(($(listeners | wc -l) + 1))")
    properties "${ports[@]}" >"$DIR/server.properties"
    format
    if launch; then break; fi
    if ((attempt == 3)) || ! grep -q 'Address already in use' "$DIR/broker.log"; then
      die "the broker did not start: $(grep -m3 -E 'ERROR|Exception' "$DIR/broker.log" || tail -3 "$DIR/broker.log")"
    fi
  done
  {
    while read -r name _ host; do
      echo "KAFKA_$name=$host:${ports[0]}"
      if [[ $name == SASL_SSL && -n ${KAFKA_OIDC:-} ]]; then echo "KAFKA_OAUTHBEARER=$host:${ports[0]}"; fi
      ports=("${ports[@]:1}")
    done < <(listeners)
    cat <<ENV
KAFKA_USER=alice
KAFKA_PASSWORD=alice-secret
KAFKA_ADMIN_PASSWORD=admin-secret
KAFKA_CA=$DIR/certs/ca.pem
KAFKA_CERT=$DIR/certs/client.pem
KAFKA_KEY=$DIR/certs/client.key
KAFKA_ENCRYPTED_KEY=$DIR/certs/client-encrypted.key
KAFKA_KEY_PASSWORD=key-secret
KAFKA_EXPIRED_CERT=$DIR/certs/expired-client.pem
KAFKA_EXPIRED_KEY=$DIR/certs/expired-client.key
KAFKA_ROGUE_CA=$DIR/certs/rogue-ca.pem
KAFKA_ROGUE_CERT=$DIR/certs/rogue.pem
KAFKA_ROGUE_KEY=$DIR/certs/rogue.key
ENV
  } >"$DIR/env"
  cat "$DIR/env"
}

finish() { # SIGNAL: end the broker of DIR, if it runs, within 10 s
  local pid tenths
  if running; then
    pid=$(<"$DIR/pid"); kill "-$1" "$pid"
    for ((tenths = 0; tenths < 100; tenths++)); do
      running || break # not kill -0: a zombie still answers that
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || :
  fi
  rm -f "$DIR/pid"
}

hold() {
  # Signals are handled, not ignored: an ignored one would be ignored by the broker too, which then never stops cleanly.
  trap : INT HUP TERM
  local started=0
  "$0" start "$DIR" </dev/null || started=$?
  exec >/dev/null
  if ((started == 0)); then cat >/dev/null; fi
  "$0" kill "$DIR" </dev/null 2>/dev/null
  rm -rf "$DIR"
  exit "$started"
}

command=${1:-}
if [[ $command == jars && $# == 1 ]]; then jars; exit; fi
if [[ $# != 2 ]]; then usage; fi
mkdir -p "$2"; DIR=$(cd "$2" && pwd)
JAVA=(java -Xms64m "-Xmx${KAFKA_HEAP:-512m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dflowloom.broker=$DIR"
  -Djava.awt.headless=true -Djava.net.preferIPv4Stack=true "-Dorg.slf4j.simpleLogger.defaultLogLevel=${KAFKA_LOG:-info}"
  ${KAFKA_OIDC:+"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=$KAFKA_OIDC/jwks"}
  ${KAFKA_KERBEROS:+"-Djava.security.krb5.conf=$KAFKA_KERBEROS/krb5.conf"}
  -Dorg.slf4j.simpleLogger.showDateTime=true "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS" -cp "$LIBS/*")
case $command in
  start) jars; lock "$DIR/.lock"; start ;;
  stop) lock "$DIR/.lock"; finish TERM ;;
  kill) lock "$DIR/.lock"; finish KILL ;;
  hold) hold ;;
  *) usage ;;
esac
