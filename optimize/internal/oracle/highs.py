# Solves MODEL within SECONDS and writes status, value, the seconds that reading and solving took, and each variable that
# is not zero to ANSWER, a line each.
import sys
import time

import highspy

model, answer, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
solver = highspy.Highs()
for key, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0), ("time_limit", seconds)):
    solver.setOptionValue(key, value)
start = time.perf_counter()
solver.readModel(model)
solver.run()
took = time.perf_counter() - start
status = solver.getModelStatus().name
info = solver.getInfo()
planned = info.primal_solution_status == 2
if status not in ("kOptimal", "kInfeasible"):
    status = "plan" if planned else "kUnknown"
with open(answer, "w") as out:
    print("status", status, file=out)
    print("value", repr(float(info.objective_function_value)) if planned else 0, file=out)
    print("seconds", took, file=out)
    if planned:
        names = solver.getLp().col_names_
        for name, x in zip(names, solver.getSolution().col_value):
            if x != 0:
                print(name, repr(float(x)), file=out)
