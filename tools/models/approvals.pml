/* SPDX-License-Identifier: Apache-2.0
 *
 * Two processes at the door: approve, reject, revoke, grant, change the policy, train anew, start.
 * Claim: no deployment starts without an approval that was valid in the transaction of the start.
 *
 * A process first looks (outside of the door, so what it saw may be stale), then asks. Inside the
 * door (`atomic`) the rules are checked again on the state as it is then, and one event is appended.
 * Compiled with -DSTALE the rules are checked on what was seen instead: then the claim must fail.
 */

#define STEPS 4

byte artifacts = 1;        /* digest of the version's artifacts: changes with every training */
bool approved = false;     /* the latest decision is an approval */
byte approvedArtifacts = 0;
bool approver = true;      /* Bob has the role of an approver */
bool deployer = true;      /* Olga has the role of an operator */
bool strict = false;       /* the policy wants an evaluation */
bool evaluated = false;

/* What an observer of the log would say: written with each event, by no rule. */
bool validThen = false;
bool bad = false;

inline observe() {
  validThen = approved && approvedArtifacts == artifacts
}

#ifdef STALE
#define MAY_APPROVE (sawApprover && (!sawStrict || sawEvaluated))
#define MAY_START (sawApproved && sawDigest == sawArtifacts && sawDeployer)
#else
#define MAY_APPROVE (approver && (!strict || evaluated) && sawEvaluated == evaluated && \
                     sawArtifacts == artifacts)
#define MAY_START (approved && approvedArtifacts == artifacts && deployer)
#endif

proctype Client() {
  byte step = 0, ask;
  bool sawApproved, sawApprover, sawDeployer, sawStrict, sawEvaluated;
  byte sawDigest, sawArtifacts;
  do
  :: step < STEPS ->
     step++;
     /* Look: a snapshot, consistent in itself. */
     atomic {
       sawApproved = approved; sawDigest = approvedArtifacts; sawArtifacts = artifacts;
       sawApprover = approver; sawDeployer = deployer; sawStrict = strict;
       sawEvaluated = evaluated
     };
     /* Ask: one passage through the door, in which the rules are checked and one event appended. */
     select (ask : 0 .. 7);
     atomic {
       if
       :: ask == 0 && MAY_APPROVE ->
          bad = bad || !approver || (strict && !evaluated);
          approved = true; approvedArtifacts = sawArtifacts; observe()
       :: ask == 1 && approver -> approved = false; observe()        /* reject */
       :: ask == 2 -> approver = !approver                           /* revoke or grant Bob's role */
       :: ask == 3 -> deployer = !deployer                           /* revoke or grant Olga's role */
       :: ask == 4 -> strict = !strict                               /* policy set */
       :: ask == 5 -> evaluated = true                               /* evaluate */
       :: ask == 6 && artifacts < 3 ->                               /* train anew: other artifacts */
          artifacts++; evaluated = false; observe()
       :: ask == 7 && MAY_START -> bad = bad || !validThen || !deployer
       :: else -> skip                                               /* refused */
       fi
     }
  :: else -> break
  od
}

init { atomic { run Client(); run Client() } }

ltl allowed { [] !bad }
