"""How large a true difference has to be for a study to find it. No imports: the shell's quick commands say it too."""

POWER = 0.84  # of the normal distribution: what is so many standard errors beyond the interval's edge is found in 80 %
