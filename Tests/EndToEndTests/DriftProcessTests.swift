// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Drift as real predictions measure it, computed again from the files they read and wrote.
@Suite struct DriftProcessTests {
  /// What was recorded, beside what Python makes of the same files and the baseline's bins.
  private static let oracle = """
    import csv, json, math, os, sys
    from bisect import bisect_left
    ledger, job = sys.argv[1:3]
    def blob(digest):
        name = digest.split(':')[1]
        for folder, _, files in os.walk(ledger + '/blobs'):
            for file in files:
                if (os.path.basename(folder) + file).endswith(name) or file == name:
                    return json.load(open(os.path.join(folder, file)))
    events = [json.loads(line) for line in sys.stdin]
    def last(type):
        return [e for e in events if e['type'] == type][-1]
    baseline = last('statistics.computed')
    columns = blob(baseline['data']['columns']['digest'])
    drift = [e for e in events if e['type'] == 'drift.measured' and e['job'] == job][-1]['data']
    assert drift['baseline'] == baseline['position']
    def index(column, cells):
        bins = column['bins']
        gone = sum(c == '' for c in cells)
        cells = [c for c in cells if c != '']
        if 'edges' in bins:
            new = [0] * (len(bins['edges']) + 1)
            for c in cells:
                new[bisect_left(bins['edges'], float(c))] += 1
            old, others = list(bins['counts']), 0
        else:
            keys = [v['value'] for v in bins['values']]
            new = [sum(c == key for c in cells) for key in keys]
            others = sum(c not in keys for c in cells)
            old = [v['count'] for v in bins['values']]
        old += [bins['others'], bins['missing']]
        new += [others, gone]
        total = 0
        for b, a in zip(old, new):
            if b or a:
                b, a = (b or 0.5) / sum(old), (a or 0.5) / sum(new)
                total += (a - b) * math.log(a / b)
        return total
    rows = [r for name in sys.argv[3].split(',') for r in csv.DictReader(open(name))]
    scored = list(csv.DictReader(open(sys.argv[4])))
    wanted = {c['name']: index(c, [r[c['name']] for r in rows])
              for c in columns if c['name'] in rows[0] and c['name'] != 'id'}
    found = drift['psi']
    if 'digest' in found and 'count' in found:
        listed = blob(found['digest'])
        assert found['count'] == len(listed)
        assert [c['column'] for c in listed] == sorted(c['column'] for c in listed)
        found = {c['column']: c['psi'] for c in listed}
    assert found.keys() == wanted.keys(), (sorted(found), sorted(wanted))
    outcome = next(c for c in columns if c['name'] == 'outcome')
    wanted['predictions'] = index(outcome, [r['guess'] for r in scored])
    found['predictions'] = drift['predictionDrift']
    for name, value in wanted.items():
        assert abs(found[name] - value) <= 1e-9 * max(1, value), (name, found[name], value)
    greatest = max(wanted.values())
    assert drift['alert'] == (greatest > drift['threshold']), (greatest, drift)
    print(len(wanted), drift['alert'])
    """

  /// Rows of numbers and words from a seeded generator, in a shape that `shift` moves.
  private static let generator = """
    import csv, random, sys
    path, columns, count, shift, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
    random.seed(seed)
    with open(path, 'w', newline='') as file:
        table = csv.writer(file)
        table.writerow(['id'] + [f'x {i}' for i in range(columns)] + ['town', 'outcome'])
        for row in range(count):
            values = [f'{random.gauss(i + (shift if i == 3 else 0), 1):.4f}' if random.random() > 0.03 else ''
                      for i in range(columns)]
            town = random.choice(['Bonn', 'Köln', 'Trier'] + (['Ulm'] if shift else []))
            table.writerow([row] + values + [town, random.choice('abbb')])
    """

  private func site(columns: Int) -> Site {
    let site = Site()
    site.write(
      """
      project: p
      models:
        m:
          train: {run: [sh, -c, 'echo weights > "$JOBLEDGER_OUTPUT/model"']}
          predict:
            run: [python3, predict.py]
            inputs: {one: one.csv, two: two.csv, notes: notes.txt}
            predicts: {guess: outcome}
      """, to: "jobledger.yaml")
    site.write("fourEyes: false\nrequireEvaluation: false\n", to: "policy.yaml")
    site.write("no table", to: "notes.txt")
    site.write(
      """
      import csv, os
      with open(os.environ['JOBLEDGER_OUTPUT'] + '/scores.csv', 'w', newline='') as file:
          table = csv.writer(file)
          table.writerow(['id', 'guess', 'town'])
          for name in ['ONE', 'TWO']:
              for row in csv.DictReader(open(os.environ['JOBLEDGER_INPUT_' + name])):
                  table.writerow([row['id'], 'a' if int(row['id']) % 2 else 'b', 'elsewhere'])
      """, to: "predict.py")
    site.write(DriftProcessTests.generator, to: "generate.py")
    site.write(DriftProcessTests.oracle, to: "oracle.py")
    let made = site.run(
      """
      set -e
      python3 generate.py base.csv \(columns) 4000 0 base
      python3 generate.py one.csv \(columns) 700 0 one
      python3 generate.py two.csv \(columns) 900 0 two
      jobledger policy set policy.yaml --reason 'a test alone'
      jobledger train m
      jobledger approve m@1 --reason because
      jobledger deploy m@1 --target t --json | sed 's/.*"deployment":"\\([a-z0-9-]*\\)".*/\\1/' > deployment
      jobledger statistics m@1 --data base.csv
      """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  /// Inline up to 64 columns, as a stored list beyond; `town` is passed on, so it is no prediction.
  @Test(arguments: [5, 80])
  func `the indexes are those that Python computes from the same files`(columns: Int) {
    let site = site(columns: columns)
    let check = "python3 oracle.py L \"$(job)\" one.csv,two.csv scores.csv"
    let run = site.run(
      """
      set -e
      predict() { jobledger predict $(cat deployment) > said 2>&1
        python3 -c 'import json, os, sys
      job = json.load(sys.stdin)
      list = job["outputs"]["digest"].split(":")[1]
      for folder, _, files in os.walk("L/blobs"):
          for file in files:
              if list.endswith(file):
                  entry = json.load(open(os.path.join(folder, file)))[0]
      name = entry["digest"].split(":")[1]
      for folder, _, files in os.walk("L/blobs"):
          for file in files:
              if name.endswith(file):
                  open("scores.csv", "w").write(open(os.path.join(folder, file)).read())' << E
      $(jobledger show --json "$(job)")
      E
        jobledger events --json | \(check); }
      predict
      python3 generate.py two.csv \(columns) 900 2 two
      predict
      jobledger replay verify > /dev/null
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    // All columns, the town, the outcome, and the predictions, which are far off from the start.
    #expect(run.text == "\(columns + 3) True\n\(columns + 3) True\n")
  }

  @Test func `what cannot be compared is told in the log, and the prediction stands`() {
    let site = site(columns: 3)
    let run = site.run(
      """
      set -e
      { cat one.csv; printf '1,"never closed'; } > open.csv; mv open.csv one.csv
      cat >> predict.py << 'E'

      open(os.environ['JOBLEDGER_INPUT_TWO'], 'a').write('1,1,1,1,Bonn,a\\n')
      E
      sed -i 's/for name in .*:/for name in ["TWO"]:/' predict.py
      jobledger predict $(cat deployment) 2> said | sed 's/-[a-z0-9]* completed.*: /: /'
      jobledger logs $(job) --level warning
      """)
    #expect(run.exit == 0, "\(run.words)\(site.run("cat said").text)")
    let lines = run.text.split(separator: "\n").map { String($0) }
    #expect(lines.first?.hasPrefix("predict: m@1, 1 file, ") == true, "\(lines)")
    #expect(
      lines.contains { $0.contains("drift of one.csv is not measured") && $0.contains("quote") })
    #expect(
      lines.contains { $0.contains("drift of two.csv is not measured") && $0.contains("changed") })
    // The predictions could be compared: they are.
    #expect(run.text.contains("predictions"), "\(run.text)")
  }

  @Test func `names of any length are recorded, and what is no table is told as that`() {
    let site = site(columns: 3)
    let run = site.run(
      """
      set -e
      python3 - << 'E'
      import csv, random
      random.seed(5)
      names = ['n' * 3000 + str(i) for i in range(40)]
      for path in ['base.csv', 'one.csv', 'two.csv']:
          with open(path, 'w', newline='') as file:
              table = csv.writer(file)
              table.writerow(['id'] + names + ['town', 'outcome'])
              for row in range(300):
                  table.writerow([row] + [random.random() for _ in names] + ['Bonn', 'a'])
      E
      jobledger statistics m@1 --data base.csv 2> /dev/null > /dev/null
      jobledger deploy m@1 --target t --replace --reason 'a new baseline' > /dev/null
      deployment=$(jobledger deployments --json --status active | sed 's/.*"deployment":"\\([a-z0-9-]*\\)".*/\\1/')
      jobledger predict $deployment > said 2>&1
      jobledger show --json $(job) | python3 -c 'import json, sys
      print(json.load(sys.stdin)["drift"][0]["psi"]["count"])'
      : > one.csv; echo 'id,other' > two.csv
      sed -i 's/table.writerow(\\[row.*/pass/' predict.py
      jobledger predict $deployment > said 2>&1
      jobledger logs $(job) --level warning
      """)
    #expect(run.exit == 0, "\(run.words)\(site.run("cat said").text)")
    let lines = run.text.split(separator: "\n").map { String($0) }
    #expect(lines.first == "42", "\(lines)")
    #expect(lines.contains { $0.contains("drift of one.csv is not measured: the data are empty") })
  }
}
