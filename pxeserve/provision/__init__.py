"""The HTTP that machines talk to: media bytes, answerfiles, hooks. No login, no cookies, no route of the console."""
