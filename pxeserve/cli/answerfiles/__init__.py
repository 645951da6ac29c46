"""Commands about answerfiles and scripts."""
