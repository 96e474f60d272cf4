//! Which groups refer to each other in a circle.

/// The strongly connected components of a graph given as each node's successors: a component comes
/// after every component that it refers to. Tarjan's algorithm with a stack of its own, because a
/// chain of nested groups must not overflow the guest's.
pub(super) fn components(successors: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let count = successors.len();
    let mut index = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut waiting = vec![false; count];
    let mut stack = Vec::new();
    let mut found = Vec::new();
    let mut next_index = 0;
    for root in 0..count {
        if index[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, edge)) = path.pop() {
            if edge == 0 {
                index[node] = next_index;
                low[node] = next_index;
                next_index += 1;
                stack.push(node);
                waiting[node] = true;
            }
            if let Some(&successor) = successors[node].get(edge) {
                path.push((node, edge + 1));
                if index[successor] == UNSEEN {
                    path.push((successor, 0));
                } else if waiting[successor] {
                    low[node] = low[node].min(index[successor]);
                }
                continue;
            }
            if low[node] == index[node] {
                let start = stack.iter().rposition(|&waiting| waiting == node).unwrap_or(0);
                let component = stack.split_off(start);
                for &member in &component {
                    waiting[member] = false;
                }
                found.push(component);
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::components;

    fn sorted(successors: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let mut found = components(successors);
        for component in &mut found {
            component.sort_unstable();
        }
        found
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        assert_eq!(sorted(&[vec![1], vec![2], vec![]]), [vec![2], vec![1], vec![0]]);
    }

    #[test]
    fn circles_are_one_component() {
        assert_eq!(sorted(&[vec![1], vec![2, 3], vec![0], vec![3]]), [vec![3], vec![0, 1, 2]]);
    }

    #[test]
    fn two_circles_that_share_a_group_are_one() {
        assert_eq!(sorted(&[vec![1, 2], vec![0], vec![0]]), [vec![0, 1, 2]]);
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let chain: Vec<_> =
            (1..=100_000).map(|next| if next < 100_000 { vec![next] } else { vec![] }).collect();
        assert_eq!(components(&chain).len(), 100_000);
    }
}
