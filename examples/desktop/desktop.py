#!/usr/bin/env python3
"""An interviewer's desktop for canvass: sign in, pull, extend, start, save, submit; lose the line in any
of these and resume. Stubs come from proto/ alone (see README.md)."""
import argparse
import collections
import random
import sys
import time
import uuid

import grpc
from canvass.v1 import access_pb2, access_pb2_grpc, interviewing_pb2 as iv, interviewing_pb2_grpc
from canvass.v1 import types_pb2 as t
from google.rpc import error_details_pb2, status_pb2

# what may be sent again with the same request_id
AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED,
         grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED}


class Lost(Exception):
    """The answer was thrown away on purpose: the server has done its part, we do not know."""


def reason(error):
    """The machine-readable reason of an error: LEASE_LOST, QUOTA_FULL, ..."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return info.reason
    return ""


class Desktop:
    def __init__(self, server, lose=0, seed=None):
        self.server, self.lose, self.lost = server, lose, collections.Counter()
        self.calls = collections.Counter()
        self.dice = random.Random(seed)
        self.token = ""
        self.connect()

    def connect(self):
        self.channel = grpc.insecure_channel(self.server)
        self.access = access_pb2_grpc.AccessServiceStub(self.channel)
        self.calls_of = interviewing_pb2_grpc.InterviewingServiceStub(self.channel)

    def once(self, name, request):
        meta = [("authorization", f"Bearer {self.token}"), ("accept-language", "zh-CN")]
        stub = self.access if name == "SignIn" else self.calls_of
        answer = getattr(stub, name)(request, metadata=meta if self.token else meta[1:], timeout=10)
        self.calls[name] += 1
        if self.lose and self.calls[name] % self.lose == 1:
            self.lost[name] += 1
            raise Lost()
        return answer

    def call(self, name, request):
        """One call, sent again unchanged until the server has answered: same request_id, doubled pause."""
        pause = 0.2
        while True:
            try:
                return self.once(name, request)
            except Lost:
                self.channel.close()
                self.connect()  # a new connection, as after a broken line
            except grpc.RpcError as error:
                if error.code() not in AGAIN:
                    raise
                time.sleep(pause * (0.5 + self.dice.random()))
                pause = min(pause * 2, 10)

    def sign_in(self, name, secret, new_password=""):
        request = access_pb2.SignInRequest(name=name, secret=secret, new_password=new_password)
        try:
            self.token = self.call("SignIn", request).token
        except grpc.RpcError as error:
            # the answer to a one-time secret was lost: it is used up, and the new password stands
            if error.code() != grpc.StatusCode.UNAUTHENTICATED or not new_password:
                raise
            request = access_pb2.SignInRequest(name=name, secret=new_password)
            self.token = self.call("SignIn", request).token

    # --- the calls of an interviewer's day -------------------------------------------------------
    def held(self, survey):
        """What we still hold: the first question after a crash."""
        found = self.call("ListHeldAssignments", iv.ListHeldAssignmentsRequest(survey_id=survey))
        return found.assignments[0] if found.assignments else None

    def pull(self, survey, wait_ms=0):
        request = iv.PullAssignmentRequest(survey_id=survey, request_id=str(uuid.uuid4()), wait_ms=wait_ms)
        answer = self.call("PullAssignment", request)
        return answer.assignment if answer.WhichOneof("result") == "assignment" else None

    def extend(self, case):
        return self.call("ExtendAssignment", iv.ExtendAssignmentRequest(survey_id=case.survey_id, lease=case.lease))

    def start(self, case):
        request = iv.StartInterviewRequest(survey_id=case.survey_id, lease=case.lease, request_id=str(uuid.uuid4()))
        return self.call("StartInterview", request)

    def save(self, case, number, ratings):
        request = iv.SaveAnswersRequest(survey_id=case.survey_id, lease=case.lease, save_no=number, ratings=ratings)
        return self.call("SaveAnswers", request)

    def submit(self, case, ratings):
        request = iv.SubmitInterviewRequest(survey_id=case.survey_id, lease=case.lease,
                                            request_id=str(uuid.uuid4()), ratings=ratings)
        return self.call("SubmitInterview", request).receipt

    def record(self, case, outcome):
        request = iv.RecordAttemptRequest(survey_id=case.survey_id, lease=case.lease,
                                          request_id=str(uuid.uuid4()), outcome=outcome)
        return self.call("RecordAttempt", request).receipt

    def release(self, case):
        request = iv.ReleaseAssignmentRequest(survey_id=case.survey_id, lease=case.lease, request_id=str(uuid.uuid4()))
        return self.call("ReleaseAssignment", request)

    def questionnaire(self, survey):
        return self.call("GetQuestionnaire", iv.GetQuestionnaireRequest(survey_id=survey)).questionnaire

    # --- a whole call ----------------------------------------------------------------------------
    def ratings(self, case, items):
        """Answers of a simulated respondent; a real desktop shows the questions here."""
        def answer(item):
            if item.options:
                return t.Answer(item=item.id, option=self.dice.choice(item.options).code)
            return t.Answer(item=item.id, score=self.dice.randint(5, 10))
        return [t.Rating(target_no=target.target_no, answers=[answer(i) for i in items]) for target in case.targets]

    def interview(self, case, questionnaire):
        """Start, save page by page, submit; the status word."""
        items = [item for indicator in questionnaire.indicators for item in indicator.items]
        if not case.started:
            try:
                self.start(case)
            except grpc.RpcError as error:
                if reason(error) != "QUOTA_FULL":
                    raise
                self.release(case)  # thanked, and nothing was asked
                return "QUOTA_FULL"
        answers = self.ratings(case, items)
        half = [t.Rating(target_no=r.target_no, answers=r.answers[: len(items) // 2]) for r in answers]
        self.save(case, case.draft_save_no + 1, half)
        self.extend(case)
        self.save(case, case.draft_save_no + 2, answers)
        return iv.ReceiptStatus.Name(self.submit(case, answers).status).removeprefix("RECEIPT_STATUS_")

    def evening(self, survey, most=10**9):
        """Works until nothing is left; {status or outcome: how often}."""
        done, questionnaire = {}, self.questionnaire(survey)
        for _ in range(most):
            case = self.held(survey) or self.pull(survey)
            if case is None:
                break
            try:
                word = self.dial(case, questionnaire)
            except grpc.RpcError as error:
                if reason(error) != "LEASE_LOST":
                    raise
                word = "LEASE_LOST"  # another has the case: on to the next
            done[word] = done.get(word, 0) + 1
        return done

    def dial(self, case, questionnaire):
        """One call: nobody there, or an interview."""
        if self.dice.random() < 0.3 and not case.started:
            outcome = self.dice.choice([t.OUTCOME_NO_ANSWER, t.OUTCOME_BUSY, t.OUTCOME_HARD_REFUSAL])
            self.record(case, outcome)
            return t.Outcome.Name(outcome)
        return self.interview(case, questionnaire)


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--server", default="127.0.0.1:7777")
    args.add_argument("--user", required=True)
    args.add_argument("--survey", type=int, required=True)
    args.add_argument("--new-password", default="", help="with a one-time secret")
    args.add_argument("--lose", type=int, default=0, help="throw away the first of every N answers of each call")
    args.add_argument("--seed", type=int)
    args.add_argument("--most", type=int, default=10**9, help="calls at the most")
    args = args.parse_args()
    desktop = Desktop(args.server, args.lose, args.seed)
    desktop.sign_in(args.user, sys.stdin.readline().strip(), args.new_password)
    print(desktop.evening(args.survey, args.most), "lost on purpose:", dict(sorted(desktop.lost.items())))


if __name__ == "__main__":
    main()
